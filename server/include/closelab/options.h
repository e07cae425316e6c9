#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string_view>

#include "closelab/close_mode.h"
#include "closelab/handler.h"
#include "closelab/keep_alive.h"
#include "closelab/message.h"
#include "closelab/record.h"
#include "closelab/rule.h"
#include "closelab/socket_options.h"
#include "closelab/witness.h"

namespace closelab {

/// Deadlines of a connection, at most a year. Each fires within 20 ms of its value, but for `write_timeout`.
struct Timeouts {
  /// Between requests, and before the first byte of the first: silent FIN.
  std::chrono::milliseconds idle_timeout{5000};
  /// From a request's first byte to the end of its head: 408.
  std::chrono::milliseconds header_timeout{10000};
  /// From the end of the head to the end of the body: 408.
  std::chrono::milliseconds body_timeout{30000};
  /// Without the client acknowledging a byte of the response: abortive close, so that the client can't
  /// mistake what it got for a complete response. Looked at once per `write_timeout`, so it fires between one and two
  /// times its value after the last byte was taken.
  std::chrono::milliseconds write_timeout{30000};
};

/// What a client's FIN means that comes while its request is being read or answered.
enum class ClientHalfClose : std::uint8_t {
  answer,  ///< it sends no more, but wants its answer (RFC 9112 §9.6)
  abort,   ///< it has lost interest: the request is dropped unanswered
};

std::string_view to_string(ClientHalfClose fin);
std::ostream& operator<<(std::ostream& out, ClientHalfClose fin);

class Server;

/// Everything a server can be told; the defaults make a well-behaved HTTP/1.1 server.
struct Options {
  ListenOptions listen{};
  SocketOptions socket{};
  CloseMode close_mode = CloseMode::lingering;
  LingeringBounds lingering{};
  LingeringWhen lingering_when = LingeringWhen::always;
  CloseTimes close_times{};
  ClientHalfClose client_half_close = ClientHalfClose::answer;
  KeepAliveHints keep_alive{};
  Timeouts timeouts{};
  HttpLimits limits{};
  /// Switch::off: a request that is late (header_timeout, body_timeout) is not answered 408, just closed.
  Switch timeout_response = Switch::on;
  /// Rules from the start; Server::add_rule() adds more. std::invalid_argument when one makes no sense.
  std::vector<Rule> rules{};
  /// Decides what rules with a probability do, so that a run can be repeated; unset is a random one, which
  /// Server::rule_seed() tells.
  std::optional<std::uint64_t> rule_seed{};
  /// Asked when a request's head is there: rules for this request alone. On the reactor thread, must not block or
  /// throw. Rules that make no sense are ignored.
  std::function<std::vector<Rule>(const Request&)> rules_of_request{};
  /// Requests a connection may carry; unset is any number.
  std::optional<std::uint64_t> request_limit{};
  /// Connections open at once; one more is answered 503 and closed.
  std::size_t max_connections = 16384;
  /// Descriptors that each listener keeps, for those who connect when the process has none left; a port that must be
  /// reached then needs some.
  std::size_t spare_descriptors = 0;
  /// Bytes held at once over all connections: of requests that are not complete or not answered yet, and of answers
  /// that the kernel has not taken, with what has been written to their BodyStreams. A request that would take more is
  /// answered 503, and so is one whose handler has answered while other connections hold so much; both end their
  /// connections. Beside these a connection holds a few kilobytes; what a handler keeps is its own. Unset is any
  /// number: then lack of memory costs the connection that meets it, which is reset (CloseReason::out_of_memory).
  std::optional<std::uint64_t> held_bytes = std::uint64_t{256} * 1024 * 1024;
  /// Threads that serve, each with its own listener when there are several, which then have SO_REUSEPORT.
  unsigned reactors = 1;
  /// Switch::off: the kernel's tables are not asked how a connection ended; its verdict rests on our own sockets
  /// alone and may be undetermined.
  Switch lookups = Switch::on;
  /// With lookups on, one connection in so many is looked up; the others are judged as with lookups off, and their
  /// evidence says not_observed. At least 1. Lookups cost 2 to 4 us a connection.
  std::uint64_t lookup_every = 1;
  /// Sees packets, so that verdicts can rest on them: closelab::packet_witness(), or one of your own; for one server.
  /// Asked about the connections that are looked up.
  std::shared_ptr<Witness> witness{};
  /// Settled connections whose records are kept; the oldest are dropped and counted.
  std::size_t records_kept = 10000;
  /// How long they are kept at most, looked at whenever another connection settles; unset is any time.
  std::optional<std::chrono::milliseconds> records_age{};
  /// Requests kept in a connection's record, the last ones.
  std::size_t requests_kept = 8;
  /// Bytes of a request's field lines that its record keeps, whole lines from the first one; 0 keeps none: handlers see
  /// them all. `closelab serve`, where records are all that a client's author sees, keeps 1 KiB. They may hold secrets
  /// (Authorization, Cookie), which whoever sees the record sees.
  std::size_t fields_kept = 0;
  /// Switch::on: of a client on this machine the record tells its process and its keepalive timer. Looked at when it is
  /// accepted, and with its first request, on the reactor thread; it takes about 1 us for each descriptor of each
  /// process that the server may look into.
  Switch local_clients = Switch::off;
  /// How long stop() lets requests in flight finish, at most a year. It bounds no handler that blocks: that can't be
  /// interrupted.
  std::chrono::milliseconds grace{5000};
  /// Called once, on the thread of the constructor, when the listener is open and nobody has been accepted yet: the
  /// place for the handlers of a server whose clients may be there before it, as with ListenOptions::fd. What it throws
  /// the constructor throws.
  std::function<void(Server&)> on_listening{};
  // The callbacks that follow must not throw, wait for connections, or stop the server.

  /// Called when a connection has been accepted; on the reactor thread, must not block.
  std::function<void(const ConnectionRecord&)> on_accepted{};
  /// Called when a connection has become idle after a response; on the reactor thread, must not block.
  std::function<void(const ConnectionRecord&)> on_idle{};
  /// Called after each response, and for a request whose connection ended unanswered or half answered; on the reactor
  /// thread; must not block.
  std::function<void(const ConnectionRecord&, const RequestRecord&)> on_request{};
  /// Called when a connection has begun to end, by our side or the client's; on the reactor thread, must not block.
  std::function<void(const ConnectionRecord&)> on_closing{};
  /// Called when more is known of how a connection ends, after on_closing or, if its client has closed before our side
  /// thought of it, before that: our FIN is out, the client's has come, a state of the kernel's has changed. On the
  /// reactor thread or the observer's, must not block.
  std::function<void(const ConnectionRecord&)> on_progress{};
  /// Called when a connection has settled; on the observer's thread, with `lookups` off on the reactor thread, which
  /// it then must not block.
  std::function<void(const ConnectionRecord&)> on_settled{};
};

}  // namespace closelab
