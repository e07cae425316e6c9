#include "server/connection/exchange.h"

#include <algorithm>
#include <utility>

#include "server/connection/body_stream.h"

namespace closelab::server {

void Exchange::next() {
  parser.reset();
  // The rest is filled in when the request has begun.
  record.number = 0;
  record.received_at = {};
  record.body_received_at = {};
  record.continued_at = {};
  responder.reset();
  delayed.reset();
  answer = Answer::none;
  owes_continue = false;
  said.reset();
}

void Exchange::reset() {
  next();
  output.reset();
  unflushed.clear();
  input.clear();
  heads_at = {};
  stream.reset();
  written = 0;
}

void Exchange::abandon() {
  if (stream) stream->state()->detach();
  if (delayed) server::abandon(*delayed);
  if (const auto waiting = responder.lock()) waiting->abandon();
}

Retry Exchange::retry() const {
  const auto again = [](bool by_handler) { return by_handler ? Retry::if_idempotent : Retry::safe; };
  Retry worst = Retry::not_needed;
  for (const RequestRecord& each : unflushed)
    if (each.answered_at.count() == 0) worst = std::max(worst, again(each.seen_by == SeenBy::handler));
  if (!parser.started() || answer == Answer::queued) return worst;
  return std::max(worst, again(answer == Answer::by_handler));
}

void Exchange::drop() {
  output.reset();
  input.clear();
}

void Exchange::describe(const Endpoint& client, std::uint64_t connection_id, std::uint64_t number) {
  request.client = client;
  request.connection_id = connection_id;
  request.request_number = number;
}

bool Exchange::client_takes(std::uint32_t unacknowledged) {
  const std::uint64_t now = output.written() - unacknowledged;
  return std::exchange(taken, now) != now;
}

void abandon(const Response& response) {
  if (response.body_stream) response.body_stream->state()->detach();
}

std::shared_ptr<Exchange> ExchangePool::take() {
  if (free_.empty()) {
    free_.reserve(kept);  // giving back must not need memory
    return std::make_shared<Exchange>(limits_);
  }
  std::shared_ptr<Exchange> exchange = std::move(free_.back());
  free_.pop_back();
  return exchange;
}

void ExchangePool::count(Exchange& exchange) {
  const std::uint64_t now = exchange.memory();
  held_.change(std::exchange(exchange.counted, now), now);
}

void ExchangePool::give_back(std::shared_ptr<Exchange> exchange) {
  if (exchange == nullptr) return;
  held_.change(std::exchange(exchange->counted, 0), 0);
  exchange->abandon();
  if (exchange->spoiled || free_.size() >= kept || exchange.use_count() > 1) return;
  exchange->reset();
  free_.push_back(std::move(exchange));
}

}  // namespace closelab::server
