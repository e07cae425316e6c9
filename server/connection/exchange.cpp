#include "server/connection/exchange.h"

#include <utility>

namespace closelab::server {

std::shared_ptr<Exchange> ExchangePool::take() {
  if (free_.empty()) return std::make_shared<Exchange>(limits_);
  std::shared_ptr<Exchange> exchange = std::move(free_.back());
  free_.pop_back();
  return exchange;
}

void ExchangePool::give_back(std::shared_ptr<Exchange> exchange) {
  if (free_.size() >= kept || exchange.use_count() > 1) return;
  exchange->reset();
  free_.push_back(std::move(exchange));
}

}  // namespace closelab::server
