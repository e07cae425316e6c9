#include "server/lab/settings.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "server/lab/quantity.h"

namespace closelab::lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Turns a text into a value and back.
template <class Value>
struct Codec {
  Kind kind;
  std::string placeholder;
  std::function<Parsed<Value>(std::string_view)> parse;
  std::function<std::string(const Value&)> format;
};

template <class Number>
Codec<Number> number(std::uint64_t least, std::uint64_t most = std::numeric_limits<Number>::max(),
                     std::string placeholder = "N") {
  const auto parse = [=](std::string_view text) {
    const Parsed<std::uint64_t> parsed = parse_number(text);
    if (!parsed) return refused<Number>(parsed.error);
    if (parsed.value < least) return refused<Number>(fmt::format("{} is less than {}", parsed.value, least));
    if (parsed.value > most) return refused<Number>(fmt::format("{} is more than {}", parsed.value, most));
    return Parsed<Number>{static_cast<Number>(parsed.value)};
  };
  return {Kind::number, std::move(placeholder), parse, [](const Number& value) { return fmt::format("{}", value); }};
}

template <class Number>
Codec<Number> size(std::uint64_t least) {
  const auto parse = [=](std::string_view text) {
    const Parsed<std::uint64_t> parsed = parse_size(text);
    if (!parsed) return refused<Number>(parsed.error);
    if (parsed.value < least) return refused<Number>(fmt::format("{} is less than {}", parsed.value, least));
    return Parsed<Number>{static_cast<Number>(parsed.value)};
  };
  return {Kind::text, "SIZE", parse, [](const Number& value) { return format_size(value); }};
}

template <class Duration>
Codec<Duration> duration(Duration least) {
  const auto parse = [=](std::string_view text) {
    const Parsed<milliseconds> parsed = parse_duration(text);
    if (!parsed) return refused<Duration>(parsed.error);
    const auto whole = std::chrono::duration_cast<Duration>(parsed.value);
    if (whole != parsed.value) return refused<Duration>(fmt::format("\"{}\" is not a whole number of seconds", text));
    if (whole < least) return refused<Duration>(fmt::format("{} is less than {}", text, format_duration(least)));
    return Parsed<Duration>{whole};
  };
  return {Kind::text, "DURATION", parse, [](const Duration& value) { return format_duration(value); }};
}

template <class Enum>
using Names = std::vector<std::pair<std::string_view, Enum>>;

template <class Enum>
Codec<Enum> name_of(const Names<Enum>& names) {
  std::string list;
  for (const auto& [name, value] : names) list += (list.empty() ? "" : "|") + std::string(name);
  const auto parse = [=](std::string_view text) {
    for (const auto& [name, value] : names)
      if (name == text) return Parsed<Enum>{value};
    return refused<Enum>(fmt::format("\"{}\" is none of {}", text, list));
  };
  const auto format = [=](const Enum& value) {
    return std::string(std::ranges::find(names, value, &std::pair<std::string_view, Enum>::second)->first);
  };
  return {Kind::text, list, parse, format};
}

Codec<Switch> on_off() {
  const auto parse = [](std::string_view text) {
    if (text == "on" || text == "true") return Parsed<Switch>{Switch::on};
    if (text == "off" || text == "false") return Parsed<Switch>{Switch::off};
    return refused<Switch>(fmt::format("\"{}\" is neither on nor off", text));
  };
  return {Kind::on_off, "on|off", parse, [](const Switch& value) { return value == Switch::on ? "on" : "off"; }};
}

Codec<CloseMode> close_mode() {
  const auto parse = [](std::string_view text) {
    if (const auto mode = parse_close_mode(text)) return Parsed<CloseMode>{*mode};
    return refused<CloseMode>(fmt::format("\"{}\" is none of {}", text, close_mode_names()));
  };
  return {Kind::text, "MODE", parse, [](const CloseMode& mode) { return std::string(to_string(mode)); }};
}

bool is_numeric_address(const std::string& text) {
  in6_addr scratch{};
  const std::string without_scope = text.substr(0, text.find('%'));
  return ::inet_pton(AF_INET, text.c_str(), &scratch) == 1 ||
         ::inet_pton(AF_INET6, without_scope.c_str(), &scratch) == 1;
}

Codec<std::string> address() {
  const auto parse = [](std::string_view text) {
    std::string address(text);
    if (is_numeric_address(address)) return Parsed<std::string>{std::move(address)};
    return refused<std::string>(fmt::format("\"{}\" is not a numeric address such as 127.0.0.1, 0.0.0.0 or ::1", text));
  };
  return {Kind::text, "ADDRESS", parse, [](const std::string& value) { return value; }};
}

/// What `off` unsets.
template <class Value>
Codec<std::optional<Value>> or_off(const Codec<Value>& inner) {
  using Optional = std::optional<Value>;
  const auto parse = [=](std::string_view text) {
    if (text == "off") return Parsed<Optional>{};
    const Parsed<Value> parsed = inner.parse(text);
    return Parsed<Optional>{parsed.value, parsed.error};
  };
  const auto format = [=](const Optional& value) { return value ? inner.format(*value) : "off"; };
  return {inner.kind, inner.placeholder + "|off", parse, format};
}

/// `field` names the place in Settings; it takes them const and not.
template <class Value, class Field>
Setting setting(Group group, std::string_view key, Codec<Value> codec, Field field, std::string_view help) {
  const auto set = [=](Settings& settings, std::string_view text) {
    Parsed<Value> parsed = codec.parse(text);
    if (parsed) field(settings) = std::move(parsed.value);
    return parsed.error;
  };
  const auto get = [=](const Settings& settings) { return codec.format(field(settings)); };
  return {key, group, codec.kind, codec.placeholder, help, set, get};
}

#define CLOSELAB_FIELD(path) \
  [](auto& settings) -> auto& { return settings.path; }

using List = std::vector<Setting>;

List listening() {
  const Group group = Group::listening;
  return {
      setting(group, "address", address(), CLOSELAB_FIELD(options.listen.address),
              "numeric IPv4 or IPv6 address to listen on; `::` accepts both families"),
      setting(group, "port", number<std::uint16_t>(0), CLOSELAB_FIELD(options.listen.port),
              "port to listen on; 0 lets the kernel choose, and the first line says which"),
      setting(group, "reuse_address", on_off(), CLOSELAB_FIELD(options.listen.reuse_address),
              "SO_REUSEADDR: start over connections that an earlier server left in TIME_WAIT, "
              "provided that it had this option too"),
      setting(group, "reuse_port", on_off(), CLOSELAB_FIELD(options.listen.reuse_port),
              "SO_REUSEPORT: let several listeners share the port"),
      setting(group, "ipv6_only", on_off(), CLOSELAB_FIELD(options.listen.ipv6_only),
              "IPV6_V6ONLY: an IPv6 listener leaves IPv4 alone"),
      setting(group, "backlog", number<int>(1), CLOSELAB_FIELD(options.listen.backlog),
              "length of the accept queue; the kernel caps it at net.core.somaxconn"),
  };
}

List sockets() {
  const Group group = Group::sockets;
  return {
      setting(group, "tcp_nodelay", on_off(), CLOSELAB_FIELD(options.socket.tcp_nodelay),
              "TCP_NODELAY: send small segments at once (no Nagle algorithm)"),
      setting(group, "linger", or_off(duration<seconds>({})), CLOSELAB_FIELD(options.socket.linger),
              "SO_LINGER at close(): off; 0s makes close() an RST unless both FINs have been exchanged; "
              "longer lets close() wait for the client to acknowledge what was sent, and a stop with it"),
      setting(group, "tcp_keepalive", or_off(duration<seconds>(seconds(1))),
              CLOSELAB_FIELD(options.socket.tcp_keepalive),
              "SO_KEEPALIVE: probe a silent client at this interval; not HTTP's keep-alive"),
      setting(group, "tcp_user_timeout", or_off(duration<milliseconds>(milliseconds(1))),
              CLOSELAB_FIELD(options.socket.tcp_user_timeout),
              "TCP_USER_TIMEOUT: how long sent bytes may stay unacknowledged; off is the kernel's default"),
      setting(group, "tcp_linger2", or_off(duration<seconds>(seconds(1))), CLOSELAB_FIELD(options.socket.tcp_linger2),
              "TCP_LINGER2: how long a closed socket waits in FIN_WAIT_2 for the client's FIN; off is the "
              "kernel's default, net.ipv4.tcp_fin_timeout; the kernel takes at most 120s"),
  };
}

List closing() {
  const Group group = Group::closing;
  return {
      setting(group, "close_mode", close_mode(), CLOSELAB_FIELD(options.close_mode),
              "how the server ends a connection. lingering: FIN, then read until the client's FIN, so that nothing "
              "is lost; immediate: FIN and close at once, which becomes an RST when request bytes are unread; "
              "abortive: RST, no TIME_WAIT anywhere, unsent bytes lost"),
      setting(group, "lingering_time", duration<milliseconds>({}), CLOSELAB_FIELD(options.lingering.time),
              "longest wait for the client's FIN in mode lingering"),
      setting(group, "lingering_bytes", size<std::size_t>(0), CLOSELAB_FIELD(options.lingering.bytes),
              "most bytes read and dropped in mode lingering"),
  };
}

List timeouts() {
  const Group group = Group::timeouts;
  const auto timeout = duration<milliseconds>(milliseconds(1));
  return {
      setting(group, "idle_timeout", timeout, CLOSELAB_FIELD(options.timeouts.idle_timeout),
              "longest wait for the next request on a kept connection; ends with a FIN"),
      setting(group, "header_timeout", timeout, CLOSELAB_FIELD(options.timeouts.header_timeout),
              "from a request's first byte to the end of its head; answered 408"),
      setting(group, "body_timeout", timeout, CLOSELAB_FIELD(options.timeouts.body_timeout),
              "from the end of the head to the end of the body; answered 408"),
      setting(group, "write_timeout", timeout, CLOSELAB_FIELD(options.timeouts.write_timeout),
              "without the client taking a byte of a response; ends with an RST"),
  };
}

List limits() {
  const Group group = Group::limits;
  return {
      setting(group, "target_bytes", size<std::size_t>(1), CLOSELAB_FIELD(options.limits.target_bytes),
              "longest request target; beyond it 414"),
      setting(group, "header_bytes", size<std::size_t>(1), CLOSELAB_FIELD(options.limits.header_bytes),
              "most bytes in a request's head; beyond it 431"),
      setting(group, "header_count", number<std::size_t>(1), CLOSELAB_FIELD(options.limits.header_count),
              "most field lines in a request's head; beyond it 431"),
      setting(group, "body_bytes", size<std::uint64_t>(0), CLOSELAB_FIELD(options.limits.body_bytes),
              "longest request body; beyond it 413"),
      setting(group, "request_limit", or_off(number<std::uint64_t>(1)), CLOSELAB_FIELD(options.request_limit),
              "requests that a connection may carry; the last is answered with Connection: close"),
      setting(group, "max_connections", number<std::size_t>(1), CLOSELAB_FIELD(options.max_connections),
              "connections open at once; one more is answered 503"),
  };
}

List serving() {
  const Group group = Group::serving;
  return {
      setting(group, "reactors", number<unsigned>(1, 1024), CLOSELAB_FIELD(options.reactors),
              "threads that serve, each with a listener of its own when there are several"),
      setting(group, "verdicts", on_off(), CLOSELAB_FIELD(options.verdicts),
              "ask the kernel how each connection ended; off: only what the server's own sockets show"),
      setting(group, "records_kept", number<std::size_t>(0), CLOSELAB_FIELD(options.records_kept),
              "settled connections that are remembered"),
      setting(group, "requests_kept", number<std::size_t>(0), CLOSELAB_FIELD(options.requests_kept),
              "requests that are remembered of each connection, the last ones"),
      setting(group, "grace", duration<milliseconds>({}), CLOSELAB_FIELD(options.grace),
              "how long requests in flight may take to finish when the server is told to stop"),
  };
}

List output() {
  const Group group = Group::output;
  return {
      setting(group, "log_format", name_of<LogFormat>({{"text", LogFormat::text}, {"json", LogFormat::json}}),
              CLOSELAB_FIELD(log_format), "text for people; json for programs, one object a line"),
      setting(group, "color",
              name_of<Color>({{"auto", Color::automatic}, {"always", Color::always}, {"never", Color::never}}),
              CLOSELAB_FIELD(color), "color in the text log; auto: on a terminal, unless NO_COLOR is set"),
  };
}

#undef CLOSELAB_FIELD

List all_settings() {
  List all;
  for (List group : {listening(), sockets(), closing(), timeouts(), limits(), serving(), output()})
    std::ranges::move(group, std::back_inserter(all));
  return all;
}

}  // namespace

std::string_view to_string(Group group) {
  switch (group) {
    case Group::listening:
      return "Listening";
    case Group::sockets:
      return "Sockets of connections";
    case Group::closing:
      return "Ending connections";
    case Group::timeouts:
      return "Timeouts";
    case Group::limits:
      return "Limits";
    case Group::serving:
      return "Serving and stopping";
    case Group::output:
      return "Output";
  }
  return "";
}

const std::vector<Setting>& schema() {
  static const List settings = all_settings();
  return settings;
}

std::string flag_name(const Setting& setting) {
  std::string name = "--" + std::string(setting.key);
  std::ranges::replace(name, '_', '-');
  return name;
}

}  // namespace closelab::lab
