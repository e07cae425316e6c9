#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "closelab/handler.h"

namespace closelab::server {

/// Gets an answer to the connection that waits for it, on its reactor thread.
enum class AnswerKind : std::uint8_t {
  answered,
  interim,  ///< status and fields of an interim response; the answer is to come
  failed,   ///< the responder went away without answering
};
using Deliver = std::function<void(Response, AnswerKind)>;

}  // namespace closelab::server

namespace closelab {

/// Shared by the copies of a Responder; whoever is first answers.
struct Responder::State {
  State(std::shared_ptr<const Request> waiting, server::Deliver to)
      : request(std::move(waiting)), deliver(std::move(to)) {}
  ~State();

  /// False when it was answered before, or nobody waits any more.
  bool answer(Response response, server::AnswerKind kind);
  bool is_wanted() const { return !answered; }
  /// The connection is gone: nobody waits for the answer.
  void abandon() { answered = true; }

  /// Shares the ownership of its exchange, which so outlives its connection if it must.
  const std::shared_ptr<const Request> request;
  const server::Deliver deliver;
  std::atomic<bool> answered = false;
};

}  // namespace closelab
