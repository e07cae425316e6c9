#include "server/connection/router.h"

#include <utility>

namespace closelab::server {

void Router::add(std::string_view pattern, Route route) {
  const std::lock_guard lock(mutex_);
  route.pattern = &*patterns_.emplace(pattern).first;
  if (route.head_handler) has_head_handlers_ = true;
  auto shared = std::make_shared<const Route>(std::move(route));
  if (pattern.ends_with('*')) {
    prefixes_[std::string(pattern.substr(0, pattern.size() - 1))] = std::move(shared);
  } else {
    exact_[std::string(pattern)] = std::move(shared);
  }
}

std::shared_ptr<const Router::Route> Router::find(std::string_view path) const {
  const std::lock_guard lock(mutex_);
  if (const auto exact = exact_.find(path); exact != exact_.end()) return exact->second;
  std::shared_ptr<const Route> best;
  std::size_t best_length = 0;
  for (const auto& [prefix, route] : prefixes_) {
    if (path.starts_with(prefix) && (best == nullptr || prefix.size() > best_length)) {
      best = route;
      best_length = prefix.size();
    }
  }
  return best;
}

}  // namespace closelab::server
