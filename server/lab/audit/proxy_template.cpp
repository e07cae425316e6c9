#include "server/lab/audit/proxy_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iomanip>
#include <sstream>
#include <utility>

#include "server/lab/settings/usage_error.h"

namespace closelab::lab {
namespace {

/// The words after `# NAME:`, in quotation marks what has blanks in it; none where no line begins so.
std::vector<std::string> command_in(std::string_view text, std::string_view name) {
  const std::string begin = fmt::format("# {}:", name);
  std::istringstream in{std::string(text)};
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(begin)) continue;
    std::istringstream rest(line.substr(begin.size()));
    std::vector<std::string> words;
    for (std::string word; rest >> std::quoted(word);) words.push_back(word);
    return words;
  }
  return {};
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string port_of(const std::string& authority) { return authority.substr(authority.rfind(':') + 1); }

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

}  // namespace

ProxyTemplate parse_proxy_template(std::string_view text, const std::string& file) {
  ProxyTemplate result{
      .text = std::string(text), .run = command_in(text, "run"), .version = command_in(text, "version")};
  const auto refuse = [&](std::string_view what) { throw UsageError(fmt::format("{}: {}", file, what)); };
  if (result.run.empty()) refuse("no line says how the proxy is run: \"# run: nginx -c {conf}\"");
  if (std::ranges::none_of(result.run, [](const std::string& word) { return has(word, "{conf}"); }))
    refuse("the line \"# run:\" has no {conf}, the file to which the template is filled in");
  if (!has(text, "{listen}") && !has(text, "{listen_port}"))
    refuse("nothing says {listen}, HOST:PORT at which the proxy is to listen, or {listen_port}");
  if (!has(text, "{upstream}") && !has(text, "{upstream_port}"))
    refuse("nothing says {upstream}, HOST:PORT of the server that it is to ask, or {upstream_port}");
  return result;
}

std::string fill_in(std::string_view text, const ProxyPlaces& places) {
  const std::array<std::pair<std::string_view, std::string>, 6> values{{
      {"{conf}", places.conf},
      {"{folder}", places.folder},
      {"{listen}", places.listen},
      {"{upstream}", places.upstream},
      {"{listen_port}", port_of(places.listen)},
      {"{upstream_port}", port_of(places.upstream)},
  }};
  std::string out(text);
  for (const auto& [name, value] : values) replace_all(out, name, value);
  return out;
}

}  // namespace closelab::lab
