#include "server/lab/admin/route.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "server/lab/settings/fixed_limits.h"
#include "server/text/quantity.h"
#include "server/text/spelling.h"

namespace closelab::lab {
namespace {

/// Cuts the first segment off a path: `connections` of `/connections/7`.
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

std::optional<std::uint64_t> parse_id(std::string_view text) {
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc{} || end != text.data() + text.size() || id == 0) return std::nullopt;
  return id;
}

/// What stands for ID, empty without ID; nothing when the path is another.
std::optional<std::string_view> match(std::string_view pattern, std::string_view path) {
  std::string_view id;
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = take_segment(pattern);
    const std::string_view segment = take_segment(path);
    if (wanted == "ID") id = segment;
    if (wanted == "ID" ? segment.empty() : wanted != segment) return std::nullopt;
  }
  return pattern.empty() && path.empty() ? std::optional(id) : std::nullopt;
}

}  // namespace

std::optional<std::string_view> Call::parameter(std::string_view name) const {
  const auto found = std::ranges::find(query, name, &Parameters::value_type::first);
  return found == query.end() ? std::nullopt : std::optional<std::string_view>(found->second);
}

std::uint64_t Call::number(std::string_view name, std::uint64_t otherwise) const {
  const auto text = parameter(name);
  if (!text) return otherwise;
  const auto parsed = server::parse_number(*text);
  if (!parsed) throw Refusal(400, fmt::format("{}: {}", name, parsed.error));
  return parsed.value;
}

std::vector<std::string> Call::list(std::string_view name) const {
  std::vector<std::string> words;
  std::string_view rest = parameter(name).value_or("");
  while (!rest.empty()) {
    const std::string_view word = rest.substr(0, rest.find(','));
    words.emplace_back(word);
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
  }
  return words;
}

std::optional<std::chrono::milliseconds> Call::duration(std::string_view name, std::chrono::milliseconds longest,
                                                        std::string_view text) const {
  const auto value = parameter(name);
  if (!value) return std::nullopt;
  const auto parsed = server::parse_duration(*value);
  if (!parsed) throw Refusal(400, fmt::format("{}: {}", name, parsed.error));
  if (parsed.value > longest) throw Refusal(400, fmt::format("{}: the longest is {}", name, text));
  return parsed.value;
}

std::chrono::milliseconds Call::wait_of(std::string_view name, std::chrono::milliseconds otherwise) const {
  return duration(name, longest_wait, "10m").value_or(otherwise);
}

std::pair<const AdminRoute*, std::uint64_t> find_route(const std::vector<AdminRoute>& routes, std::string_view method,
                                                       std::string_view path) {
  std::string allow;
  for (const AdminRoute& route : routes) {
    const auto word = match(route.path, path);
    if (!word) continue;
    const auto id = word->empty() ? 0 : parse_id(*word);
    if (!id) throw Refusal(404, fmt::format("{} is no id: ids are numbers from 1", server::quoted(*word)));
    if (method == route.method || (method == "HEAD" && route.method == "GET")) return {&route, *id};
    allow += fmt::format("{}{}", allow.empty() ? "" : ", ", route.method == "GET" ? "GET, HEAD" : route.method);
  }
  if (allow.empty()) throw Refusal(404, "nothing is served at this path; GET / lists the routes");
  throw Refusal(405, fmt::format("this route takes {}", allow), {{"allow", allow}});
}

Parameters read_parameters(const AdminRoute& route, std::string_view query) {
  server::Parsed<Parameters> parsed = parse_query(query);
  if (!parsed) throw Refusal(400, parsed.error);
  for (const auto& [name, value] : parsed.value) {
    if (std::ranges::find(route.parameters, name) == route.parameters.end())
      throw Refusal(400, server::unknown_word("parameter", name, route.parameters, "GET / lists the parameters"));
    if (std::ranges::count(parsed.value, name, &Parameters::value_type::first) > 1)
      throw Refusal(400, fmt::format("{} is given twice", server::quoted(name)));
  }
  return std::move(parsed.value);
}

std::string route_list(const std::vector<AdminRoute>& routes) {
  std::string text;
  for (const AdminRoute& route : routes) {
    if (route.help.empty()) continue;
    text += fmt::format("{:<6} {:<26} {}\n", route.method, route.path, route.help);
    if (!route.parameters.empty()) text += fmt::format("{:<33} ?{}=\n", "", fmt::join(route.parameters, "= &"));
  }
  return text;
}

}  // namespace closelab::lab
