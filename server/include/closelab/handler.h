#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "closelab/close_mode.h"
#include "closelab/endpoint.h"
#include "closelab/keep_alive.h"
#include "closelab/message.h"
#include "closelab/persistence.h"

namespace closelab {

/// A request with what the server knows about its connection.
struct Request : RequestMessage {
  Endpoint client;
  /// Counted from 1 in the order of accept().
  std::uint64_t connection_id = 0;
  /// Which request this is on its connection, counted from 1.
  std::uint64_t request_number = 0;
  /// What becomes of the connection after the response, unless the response asks for something else.
  Persistence persistence;
};

/// Gives a response body piece by piece: append up to `max` further bytes to `to`; none means the end.
/// Called on the reactor thread when the connection can take more, so that memory stays constant.
using BodySource = std::function<void(std::string& to, std::size_t max)>;

/// A response body that is written while it is sent, from any thread, for as long as the writer likes: server-sent
/// events, for example. What the client has not taken yet is kept, up to a bound.
class BodyStream {
 public:
  struct State;
  /// `max_bytes`: written and not yet taken by the connection.
  explicit BodyStream(std::size_t max_bytes = 64 * 1024);
  /// Another handle of the same stream.
  explicit BodyStream(std::shared_ptr<State> state) : state_(std::move(state)) {}
  /// False, and nothing is written, when it would exceed `max_bytes` or Options::held_bytes, or nobody reads it any
  /// more.
  bool write(std::string_view bytes) const;
  /// The body is complete.
  void end() const;
  /// False once the connection is gone, or end() was called.
  bool is_open() const;

  const std::shared_ptr<State>& state() const { return state_; }

 private:
  std::shared_ptr<State> state_;
};

/// A response. The server adds Date, Connection, and Content-Length or chunked framing.
struct Response {
  int status = 200;
  /// A field `Connection: close` ends the connection after this response.
  std::vector<Field> headers{};
  std::string body{};
  /// When set, the body comes from here instead of `body`.
  BodySource body_source{};
  /// When set, the body is what is written to it; its length is not known beforehand.
  std::optional<BodyStream> body_stream{};
  /// With `body_source`: its length if known; else chunked (HTTP/1.1) or delimited by the end of the
  /// connection (HTTP/1.0).
  std::optional<std::uint64_t> content_length{};
  /// When set, the connection ends after this response, in this mode.
  std::optional<CloseMode> close_mode{};
  /// When set, the connection's idle_timeout from now on.
  std::optional<std::chrono::milliseconds> idle_timeout{};
  /// When set, what this response's Keep-Alive field says, instead of Options::keep_alive.
  std::optional<KeepAliveHints> keep_alive{};
  /// How long the server holds the response back; other connections go on meanwhile.
  std::chrono::milliseconds delay{0};
};

/// Answers one request, from any thread, now or later. The last copy that goes away unanswered
/// answers 500. Copies share the one answer: only the first `send` counts.
class Responder {
 public:
  struct State;
  explicit Responder(std::shared_ptr<State> state);
  /// The request that waits for the answer; valid until `send`.
  const Request& request() const;
  /// False when nobody waits for the answer any more: it was sent, the client has reset the connection, or has sent its
  /// FIN under ClientHalfClose::abort, or the connection has ended for another reason. A FIN alone says nothing under
  /// ClientHalfClose::answer: a client may close its sending side and still read. Told by the kernel's event, so a
  /// moment after it happened.
  bool is_wanted() const;
  /// Sends the response. False, and nothing is sent, when is_wanted() is false.
  bool send(Response response) const;
  /// Sends an interim response before it: 100 to 199, but 101. False, and nothing is sent, when is_wanted() is false.
  /// A client of HTTP/1.0 does not get it (RFC 9110 §15.2). Throws std::invalid_argument when status or fields can't be
  /// sent.
  bool send_interim(int status, const std::vector<Field>& fields = {}) const;

 private:
  std::shared_ptr<State> state_;
};

/// Answers at once, on the reactor thread: it must not block, or every other connection waits.
/// A handler that throws answers 500.
using Handler = std::function<Response(const Request&)>;

/// Asked when a request's head is there and a body follows, on the reactor thread: it must not block. A response is
/// sent although nothing of the body has been read; without one, the body is read, and the handler of the same pattern
/// gets the request. No 100 (Continue) has been sent when it is asked. After a response a client that waits for one is
/// not asked for its body, and the connection ends (CloseReason::body_unread), unless the body has begun to come; else
/// what comes of the body is read and dropped, unless the response ends the connection. A request that it lets pass
/// counts as not seen by it. One that throws answers 500.
using HeadHandler = std::function<std::optional<Response>(const Request&)>;

/// Answers through the responder, later and from any thread if it likes. The connection is not read meanwhile, but that
/// the client has gone is noticed (Responder::is_wanted()).
using AsyncHandler = std::function<void(Responder)>;

}  // namespace closelab
