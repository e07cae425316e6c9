#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "closelab/handler.h"
#include "closelab/record.h"
#include "closelab/rule.h"
#include "http/request_parser.h"
#include "server/connection/held_bytes.h"
#include "server/connection/output.h"
#include "server/connection/responder.h"

namespace closelab::server {

/// What a connection needs from the first byte of a request to the last byte of its response. An idle
/// connection has none: it is borrowed from the reactor's pool, where buffers keep their memory.
struct Exchange {
  explicit Exchange(const HttpLimits& limits) : parser(limits, request) {}

  /// What has become of the request's answer.
  enum class Answer : std::uint8_t {
    none,        ///< nobody has seen the request
    routed,      ///< no handler will see it
    by_handler,  ///< a handler has it, or has had it
    queued,      ///< the answer is in `output`
  };

  /// Ready for the next request on the same connection; output not yet flushed stays.
  void next();
  /// Ready for another connection.
  void reset();
  /// Nobody waits any more for what a handler may still write.
  void abandon();
  /// Whether the client may send again what is left here without a complete response.
  Retry retry() const;
  /// The queued answers that are not with the kernel yet are given up, with what was read.
  void drop();
  /// What handlers, and rules that come with a request, are shown of it.
  void describe(const Endpoint& client, std::uint64_t connection_id, std::uint64_t number);
  /// Has the client acknowledged something since the last call? A slow one does so for long before its socket counts
  /// as writable again, which takes a third of the send buffer.
  bool client_takes(std::uint32_t unacknowledged);
  /// What is kept here of requests and answers, in bytes.
  std::uint64_t memory() const {
    const std::uint64_t bodies = (delayed ? delayed->body.capacity() : 0) + (said ? said->body.capacity() : 0);
    return parser.memory() + input.capacity() + output.memory() + bodies;
  }

  http::RequestParser parser;
  Request request;
  Answer answer = Answer::none;
  /// The client waits for a 100 (Continue) that has not been sent.
  bool owes_continue = false;
  /// What a rule answers in the handler's place.
  std::optional<AnswerAction> said;
  RequestRecord record;
  Output output;
  /// Requests whose responses are in `output`, pipelined.
  std::vector<RequestRecord> unflushed;
  /// The body of the response in `output`, if it is written while it is sent.
  std::optional<BodyStream> stream;
  /// Bytes that were read after a request that still waits for its answer.
  std::string input;
  /// When the first head was complete in what was read last: others that came with it were there as well, so that one
  /// look at the clock does for all. 0 before that.
  std::chrono::nanoseconds heads_at{};
  /// Set while an asynchronous handler has the request.
  std::weak_ptr<Responder::State> responder;
  /// A response that waits for its `delay`.
  std::optional<Response> delayed;
  std::chrono::steady_clock::time_point delayed_until{};
  /// Bytes that the client had acknowledged when its write deadline was set, and that had been handed to the kernel
  /// when it took no more.
  std::uint64_t taken = 0;
  std::uint64_t written = 0;
  /// Something in it has thrown, so that it may be half done: nobody uses it again.
  bool spoiled = false;
  /// How much of its memory the pool has counted.
  std::uint64_t counted = 0;
};

/// It will not be sent: who writes its body must know.
void abandon(const Response& response);

/// What the peer sent and nobody has parsed: `input`, read just now, or what an exchange, if there is one, has kept.
inline std::string_view left_over(std::string_view input, const Exchange* exchange) {
  return !input.empty() || exchange == nullptr ? input : std::string_view(exchange->input);
}

/// What has been read, and not been taken in, is kept for a later event.
inline void keep(std::string_view& input, Exchange* exchange) {
  if (!input.empty()) exchange->input.assign(input);
  input = {};
}

class ExchangePool {
 public:
  ExchangePool(const HttpLimits& limits, HeldBytes& held) : limits_(limits), held_(held) {}

  std::shared_ptr<Exchange> take();
  /// It holds as much as it does now.
  void count(Exchange& exchange);
  /// Null is nothing. One that a responder still refers to is left to it.
  void give_back(std::shared_ptr<Exchange> exchange);

 private:
  /// Beyond this many, memory goes back to the system.
  static constexpr std::size_t kept = 64;
  const HttpLimits& limits_;
  HeldBytes& held_;
  std::vector<std::shared_ptr<Exchange>> free_;
};

}  // namespace closelab::server
