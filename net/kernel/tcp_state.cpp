#include "closelab/tcp_state.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <ostream>

namespace closelab {
namespace {

struct Name {
  TcpState state;
  std::string_view rfc;
  std::string_view ss;
  std::string_view netstat;
};

constexpr std::array names{
    Name{TcpState::unknown, "unknown", "UNKNOWN", "UNKNOWN"},
    Name{TcpState::established, "ESTABLISHED", "ESTAB", "ESTABLISHED"},
    Name{TcpState::syn_sent, "SYN_SENT", "SYN-SENT", "SYN_SENT"},
    Name{TcpState::syn_received, "SYN_RECEIVED", "SYN-RECV", "SYN_RECV"},
    Name{TcpState::fin_wait_1, "FIN_WAIT_1", "FIN-WAIT-1", "FIN_WAIT1"},
    Name{TcpState::fin_wait_2, "FIN_WAIT_2", "FIN-WAIT-2", "FIN_WAIT2"},
    Name{TcpState::time_wait, "TIME_WAIT", "TIME-WAIT", "TIME_WAIT"},
    Name{TcpState::closed, "CLOSED", "UNCONN", "CLOSE"},
    Name{TcpState::close_wait, "CLOSE_WAIT", "CLOSE-WAIT", "CLOSE_WAIT"},
    Name{TcpState::last_ack, "LAST_ACK", "LAST-ACK", "LAST_ACK"},
    Name{TcpState::listen, "LISTEN", "LISTEN", "LISTEN"},
    Name{TcpState::closing, "CLOSING", "CLOSING", "CLOSING"},
};

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::toupper(static_cast<unsigned char>(x)) == std::toupper(static_cast<unsigned char>(y));
  });
}

}  // namespace

std::string_view to_string(TcpState state) { return names[static_cast<std::size_t>(state)].rfc; }

std::optional<TcpState> parse_tcp_state(std::string_view text) {
  for (const Name& name : names) {
    if (name.state == TcpState::unknown) continue;
    for (const std::string_view spelling : {name.rfc, name.ss, name.netstat}) {
      if (equal_ignoring_case(text, spelling)) return name.state;
    }
  }
  return std::nullopt;
}

TcpState tcp_state_from_kernel(std::uint8_t number) {
  return number < names.size() ? static_cast<TcpState>(number) : TcpState::unknown;
}

std::ostream& operator<<(std::ostream& out, TcpState state) { return out << to_string(state); }

}  // namespace closelab
