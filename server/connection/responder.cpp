#include "server/connection/responder.h"

#include <utility>

#include "net/memory/insist.h"

namespace closelab {

/// Whoever waits for the answer must not wait in vain because there is no memory to say that none will come.
Responder::State::~State() {
  net::insist([this] { answer(Response{}, server::AnswerKind::failed); });
}

bool Responder::State::answer(Response response, server::AnswerKind kind) {
  if (answered.exchange(true)) return false;
  try {
    deliver(std::move(response), kind);
  } catch (...) {
    answered = false;
    throw;
  }
  return true;
}

Responder::Responder(std::shared_ptr<State> state) : state_(std::move(state)) {}

const Request& Responder::request() const { return *state_->request; }

bool Responder::is_wanted() const { return state_->is_wanted(); }

bool Responder::send(Response response) const {
  return state_->answer(std::move(response), server::AnswerKind::answered);
}

}  // namespace closelab
