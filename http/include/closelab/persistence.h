#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string_view>

namespace closelab {

/// Why a connection ends. The first cause counts: a client that closes after its own
/// `Connection: close` was answered ends it by `request_close`.
enum class CloseReason : std::uint8_t {
  none,              ///< it does not end
  request_close,     ///< the request said `Connection: close`
  response_close,    ///< the handler said `Connection: close`
  http_1_0,          ///< HTTP/1.0 without `Connection: keep-alive`: close is the default
  body_delimited,    ///< the end of the response body is the end of the connection (HTTP/1.0, unknown length)
  request_limit,     ///< `request_limit` requests were answered
  connection_limit,  ///< more than `max_connections` were open
  memory_limit,      ///< the server held `held_bytes` for its clients
  out_of_memory,     ///< there was no memory for what the connection needed (std::bad_alloc)
  idle_timeout,      ///< no request within `idle_timeout`
  header_timeout,    ///< a request's head did not arrive within `header_timeout`
  body_timeout,      ///< a request's body did not arrive within `body_timeout`
  write_timeout,     ///< the client took no byte of a response for `write_timeout`
  body_unread,       ///< a handler answered although the request body had not been read to its end
  protocol_error,    ///< the request was refused as malformed or over a limit
  handler_error,     ///< the handler threw, or went away without answering
  rule,              ///< a rule ended it (Rule)
  command,           ///< Server::close(), close_idle(), or the same over the admin port
  drain,             ///< the server drained (Server::drain())
  server_stop,       ///< the server stopped
  peer_closed,       ///< the client closed (FIN) while the connection would have stayed open
  peer_reset,        ///< the client reset the connection
  tcp_timeout,       ///< the kernel gave the connection up (ETIMEDOUT)
};

/// The name in conf files, JSON and docs: `request_close`.
std::string_view to_string(CloseReason reason);

/// The reason in words: `the request said "Connection: close"`.
std::string_view describe(CloseReason reason);

/// May this connection carry another request (RFC 9112 §9.3)?
struct Persistence {
  enum class Decision : std::uint8_t { keep, close };
  Decision decision = Decision::keep;
  /// `none` exactly when the decision is `keep`.
  CloseReason reason = CloseReason::none;

  friend bool operator==(const Persistence&, const Persistence&) = default;
};

std::string_view to_string(Persistence::Decision decision);
std::ostream& operator<<(std::ostream& out, CloseReason reason);
std::ostream& operator<<(std::ostream& out, Persistence::Decision decision);
std::ostream& operator<<(std::ostream& out, const Persistence& persistence);

}  // namespace closelab
