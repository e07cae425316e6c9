#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "closelab/handler.h"
#include "closelab/record.h"
#include "http/exchange.h"
#include "http/request_parser.h"
#include "server/connection/output.h"

namespace closelab::server {

/// What a connection needs from the first byte of a request to the last byte of its response. An idle
/// connection has none: it is borrowed from the reactor's pool, where buffers keep their memory.
struct Exchange {
  explicit Exchange(const HttpLimits& limits) : parser(limits, request) {}

  /// Ready for the next request on the same connection; output not yet flushed stays.
  void next() {
    parser.reset();
    state = {};
    // The rest is filled in when the request has begun.
    record.number = 0;
    record.received_at = {};
    responder.reset();
    delayed.reset();
    served = false;
    handled = false;
  }

  /// Ready for another connection.
  void reset() {
    if (state != http::ExchangeState{}) next();
    output.reset();
    unflushed.clear();
    input.clear();
    stream.reset();
  }

  http::RequestParser parser;
  http::ExchangeState state;
  Request request;
  /// It has been routed; and a handler has it, or has had it.
  bool served = false;
  bool handled = false;
  RequestRecord record;
  Output output;
  /// Requests whose responses are in `output`, pipelined.
  std::vector<RequestRecord> unflushed;
  /// The body of the response in `output`, if it is written while it is sent.
  std::optional<BodyStream> stream;
  /// Bytes that were read behind a request that still waits for its answer.
  std::string input;
  /// Set while an asynchronous handler has the request.
  std::weak_ptr<Responder::State> responder;
  /// A response that waits for its `delay`.
  std::optional<Response> delayed;
  std::chrono::steady_clock::time_point delayed_until{};
  /// Bytes that the client had acknowledged when its write deadline was set.
  std::uint64_t taken = 0;
};

class ExchangePool {
 public:
  explicit ExchangePool(const HttpLimits& limits) : limits_(limits) {}

  std::shared_ptr<Exchange> take();
  /// One that a responder still refers to is left to it.
  void give_back(std::shared_ptr<Exchange> exchange);

 private:
  /// Beyond this many, memory goes back to the system.
  static constexpr std::size_t kept = 64;
  const HttpLimits& limits_;
  std::vector<std::shared_ptr<Exchange>> free_;
};

}  // namespace closelab::server
