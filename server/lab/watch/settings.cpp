#include "server/lab/watch/settings.h"

#include <fmt/format.h>

#include <limits>

#include "server/text/quantity.h"
#include "server/text/spelling.h"

namespace closelab::lab {
namespace {

using namespace std::chrono_literals;

/// Shorter, and watching would be a load of its own.
constexpr std::chrono::milliseconds shortest_interval = 100ms;

std::string set_port(WatchSettings& settings, std::string_view text) {
  const auto port = server::parse_number(text);
  if (!port) return port.error;
  if (port.value == 0 || port.value > std::numeric_limits<std::uint16_t>::max())
    return fmt::format("\"{}\" is no port; ports are 1 to 65535", text);
  settings.filter.port = static_cast<std::uint16_t>(port.value);
  return "";
}

std::string set_peer(WatchSettings& settings, std::string_view text) {
  settings.filter.peer = parse_address_range(text);
  if (settings.filter.peer) return "";
  return fmt::format("\"{}\" is neither a numeric address nor a range like 10.0.0.0/8", text);
}

/// In the order of a connection's life.
constexpr TcpState states_in_the_table[] = {
    TcpState::listen,   TcpState::syn_sent,   TcpState::syn_received, TcpState::established, TcpState::close_wait,
    TcpState::last_ack, TcpState::fin_wait_1, TcpState::fin_wait_2,   TcpState::closing,     TcpState::time_wait};

std::string unknown_state(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  std::vector<std::string_view> names;
  for (const TcpState state : states_in_the_table) names.push_back(to_string(state));
  const std::string_view meant = server::nearest_word(upper, names);
  const std::string question = meant.empty() ? "" : fmt::format("did you mean {}? ", meant);
  return fmt::format("unknown state \"{}\"; {}the states are {}", text, question, fmt::join(names, ", "));
}

std::string add_states(WatchSettings& settings, std::string_view text) {
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view name = text.substr(0, comma);
    const auto state = parse_tcp_state(name);
    if (!state) return unknown_state(name);
    if (*state == TcpState::closed) return "the kernel's table holds no CLOSED sockets";
    settings.filter.states.push_back(*state);
    if (comma == std::string_view::npos) return "";
    text.remove_prefix(comma + 1);
  }
}

std::string set_interval(WatchSettings& settings, std::string_view text) {
  const auto interval = server::parse_duration(text);
  if (!interval) return interval.error;
  if (interval.value < shortest_interval) return fmt::format("\"{}\" is too short; the shortest is 100ms", text);
  settings.interval = interval.value;
  return "";
}

std::string set_format(WatchSettings& settings, std::string_view text) {
  if (text != "text" && text != "json") return fmt::format("\"{}\" is neither text nor json", text);
  settings.format = text == "json" ? LogFormat::json : LogFormat::text;
  return "";
}

std::string set_once(WatchSettings& settings, std::string_view text) {
  if (text != "true") return "it takes no value";
  settings.repeat = WatchSettings::Repeat::once;
  return "";
}

}  // namespace

const std::vector<WatchFlag>& watch_flags() {
  static const std::vector<WatchFlag> flags{
      {"--port", "PORT", "Only sockets with that port, at either end.", set_port},
      {"--peer", "ADDRESS",
       "Only sockets whose foreign address is that one, or is in the range: 192.0.2.1, 10.0.0.0/8, ::1. IPv4 includes "
       "v4-mapped IPv6.",
       set_peer},
      {"--state", "STATE",
       "Count and list only that state; repeated or with commas, several. Spelt as in RFC 9293, ss or netstat: "
       "TIME_WAIT, time-wait, FIN_WAIT_1, FIN_WAIT1, ESTAB... Default: count all but LISTEN, which is no connection, "
       "and "
       "list TIME_WAIT.",
       add_states},
      {"--once", "", "Print one table and exit.", set_once},
      {"--interval", "DURATION", "Time between two tables, 100ms or more. Default: 1s.", set_interval},
      {"--format", "text|json", "Text, or json: one object a line for each table. Default: text.", set_format},
  };
  return flags;
}

}  // namespace closelab::lab
