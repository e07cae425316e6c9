#include "server/connection/responder.h"

#include <stdexcept>
#include <string>
#include <utility>

#include "http/response_writer.h"
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

bool Responder::send_interim(int status, const std::vector<Field>& fields) const {
  std::string bytes;
  const http::HeadError error = http::write_interim(bytes, status, fields);
  if (error != http::HeadError::none)
    throw std::invalid_argument("an interim response that can't be sent: " + std::string(http::describe(error)));
  if (!is_wanted()) return false;
  state_->deliver({.status = status, .headers = fields}, server::AnswerKind::interim);
  return true;
}

}  // namespace closelab
