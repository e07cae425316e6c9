#include "server/connection/router.h"

#include <algorithm>
#include <utility>

namespace closelab::server {

void Router::add(std::string_view pattern, Route route) {
  const std::lock_guard lock(mutex_);
  route.pattern = &*patterns_.emplace(pattern).first;
  auto shared = std::make_shared<const Route>(std::move(route));
  if (pattern.ends_with('*')) {
    prefixes_[std::string(pattern.substr(0, pattern.size() - 1))] = std::move(shared);
  } else {
    exact_[std::string(pattern)] = std::move(shared);
  }
  ++version_;
}

void Routes::bring_up_to_date() {
  if (version_ == router_.version_) return;
  const std::lock_guard lock(router_.mutex_);
  exact_ = router_.exact_;
  prefixes_ = router_.prefixes_;
  const auto has_one = [](const auto& entry) { return entry.second->head_handler != nullptr; };
  has_head_handlers_ = std::ranges::any_of(exact_, has_one) || std::ranges::any_of(prefixes_, has_one);
  version_ = router_.version_;
}

std::shared_ptr<const Router::Route> Routes::find(std::string_view path) {
  bring_up_to_date();
  if (const auto exact = exact_.find(path); exact != exact_.end()) return exact->second;
  std::shared_ptr<const Router::Route> best;
  std::size_t best_length = 0;
  for (const auto& [prefix, route] : prefixes_) {
    if (path.starts_with(prefix) && (best == nullptr || prefix.size() > best_length)) {
      best = route;
      best_length = prefix.size();
    }
  }
  return best;
}

bool Routes::has_head_handlers() {
  bring_up_to_date();
  return has_head_handlers_;
}

}  // namespace closelab::server
