#include "server/lab/settings/codec.h"

#include <arpa/inet.h>
#include <fmt/ostream.h>

#include <algorithm>

namespace closelab::lab {
namespace {

using std::chrono::milliseconds;

/// What Options allow at most.
constexpr milliseconds never = std::chrono::hours(24 * 365);

bool is_numeric_address(const std::string& text) {
  in6_addr scratch{};
  const std::string without_scope = text.substr(0, text.find('%'));
  return ::inet_pton(AF_INET, text.c_str(), &scratch) == 1 ||
         ::inet_pton(AF_INET6, without_scope.c_str(), &scratch) == 1;
}

/// Letters, digits, hyphens, dots; and the underscore, which names of containers have. No port: it may be any.
bool is_host_name(std::string_view text) {
  constexpr std::string_view characters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
  return !text.empty() && text.find_first_not_of(characters) == std::string_view::npos;
}

template <class Value>
Codec<Advertised<Value>> advertised(const Codec<Value>& inner) {
  using Hint = Advertised<Value>;
  using Of = typename Hint::Kind;
  const auto parse = [=](std::string_view text) {
    if (text == "enforced") return Parsed<Hint>{};
    if (text == "off") return Parsed<Hint>{{.kind = Of::off}, ""};
    const bool is_offset = text.starts_with('+') || text.starts_with('-');
    Parsed<Value> parsed = inner.parse(text.substr(is_offset ? 1 : 0));
    if (!parsed) return refused<Hint>(fmt::format("{}; or write enforced, off, or an offset", parsed.error));
    if (text.starts_with('-')) parsed.value = -parsed.value;
    return Parsed<Hint>{{.kind = is_offset ? Of::offset : Of::fixed, .value = parsed.value}, ""};
  };
  const auto format = [](const Hint& hint) { return fmt::format("{}", fmt::streamed(hint)); };
  // Text in any case: TOML's integer +3 is a 3.
  const std::string& value = inner.placeholder;
  return {Kind::text, fmt::format("[+-]{}|off|enforced", value), parse, format};
}

}  // namespace

std::string no_off(milliseconds least, milliseconds most) {
  const std::string from = server::format_duration(least) + (least == milliseconds(0) ? " for none, or up" : "");
  return fmt::format("can't be off; write {} to {}", from, server::format_duration(most));
}

Codec<Switch> on_off() {
  const auto parse = [](std::string_view text) {
    if (text == "on" || text == "true") return Parsed<Switch>{Switch::on, ""};
    if (text == "off" || text == "false") return Parsed<Switch>{Switch::off, ""};
    return refused<Switch>(fmt::format("{} is neither on nor off", server::quoted(text)));
  };
  return {Kind::on_off, "on|off", parse, [](const Switch& value) { return value == Switch::on ? "on" : "off"; }};
}

Codec<CloseMode> close_mode() {
  const auto parse = [](std::string_view text) {
    if (const auto mode = parse_close_mode(text)) return Parsed<CloseMode>{*mode, ""};
    return refused<CloseMode>(fmt::format("{} is none of {}", server::quoted(text), close_mode_names()));
  };
  return {Kind::text, "MODE", parse, [](const CloseMode& mode) { return std::string(to_string(mode)); }};
}

Codec<std::string> file_name() {
  const auto parse = [](std::string_view text) {
    return text.empty() ? refused<std::string>("a file without a name") : Parsed<std::string>{std::string(text), ""};
  };
  return {Kind::text, "FILE", parse, [](const std::string& value) { return value; }};
}

Codec<std::string> address() {
  const auto parse = [](std::string_view text) {
    std::string address(text);
    if (is_numeric_address(address)) return Parsed<std::string>{std::move(address), ""};
    return refused<std::string>(
        fmt::format("{} is not a numeric address such as 127.0.0.1, 0.0.0.0 or ::1", server::quoted(text)));
  };
  return {Kind::text, "ADDRESS", parse, [](const std::string& value) { return value; }};
}

Codec<std::vector<std::string>> host_names() {
  using List = std::vector<std::string>;
  const auto parse = [](std::string_view text) {
    List names;
    for (std::string_view rest = text; !rest.empty();) {
      const std::string_view name = rest.substr(0, rest.find(','));
      if (!is_host_name(name)) return refused<List>(fmt::format("{} is not the name of a host", server::quoted(name)));
      names.emplace_back(name);
      rest.remove_prefix(std::min(name.size() + 1, rest.size()));
    }
    const auto offs = std::ranges::count(names, "off");
    if (offs == std::ssize(names)) return Parsed<List>{};
    if (offs > 0) return refused<List>("off means that there is no name, and stands alone; write off, or the names");
    return Parsed<List>{std::move(names), ""};
  };
  const auto format = [](const List& names) {
    return names.empty() ? "off" : fmt::format("{}", fmt::join(names, ","));
  };
  return {Kind::text, "NAME|off", parse, format, Arity::many};
}

Codec<AdminPort> admin_port() {
  using Choice = AdminPort::Choice;
  const Codec<std::uint16_t> port = number<std::uint16_t>(0);
  const auto parse = [=](std::string_view text) {
    if (text == "auto") return Parsed<AdminPort>{};
    if (text == "off") return Parsed<AdminPort>{{.choice = Choice::off}, ""};
    const Parsed<std::uint16_t> parsed = port.parse(text);
    if (!parsed) return refused<AdminPort>(fmt::format("{}; or write auto, or off", parsed.error));
    return Parsed<AdminPort>{{.choice = Choice::fixed, .port = parsed.value}, ""};
  };
  const auto format = [=](const AdminPort& value) -> std::string {
    if (value.choice == Choice::fixed) return port.format(value.port);
    return value.choice == Choice::off ? "off" : "auto";
  };
  return {Kind::number, "N|auto|off", parse, format};
}

Codec<milliseconds> timeout() {
  const Codec<milliseconds> inner = duration(milliseconds(1));
  const auto parse = [=](std::string_view text) {
    return text == "off" ? Parsed<milliseconds>{never, ""} : inner.parse(text);
  };
  const auto format = [=](const milliseconds& value) { return value >= never ? "off" : inner.format(value); };
  return {inner.kind, inner.placeholder + "|off", parse, format};
}

Codec<Advertised<milliseconds>> advertised_duration() { return advertised(duration(milliseconds(0))); }

Codec<Advertised<std::int64_t>> advertised_number() { return advertised(number<std::int64_t>(0)); }

}  // namespace closelab::lab
