#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string_view>

namespace closelab {

/// The states of RFC 9293 §3.3.2; the numbers are Linux's (include/net/tcp_states.h).
/// `unknown` is what was not asked; `CLOSED` is also what an exact lookup that found no socket says.
enum class TcpState : std::uint8_t {
  unknown = 0,
  established = 1,
  syn_sent = 2,
  syn_received = 3,
  fin_wait_1 = 4,
  fin_wait_2 = 5,
  time_wait = 6,
  closed = 7,
  close_wait = 8,
  last_ack = 9,
  listen = 10,
  closing = 11,
};

/// RFC 9293's spelling: `FIN_WAIT_1`, `TIME_WAIT`.
std::string_view to_string(TcpState state);

/// Reads RFC 9293's spelling and those of `ss` (`TIME-WAIT`, `ESTAB`) and `netstat` (`FIN_WAIT1`),
/// in either case. Empty when the text names no state.
std::optional<TcpState> parse_tcp_state(std::string_view text);

/// Linux's number of a state, as TCP_INFO and sock_diag give it; `unknown` for any other.
TcpState tcp_state_from_kernel(std::uint8_t number);

std::ostream& operator<<(std::ostream& out, TcpState state);

}  // namespace closelab
