#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "closelab/handler.h"

namespace closelab::server {

/// Finds the handler of a path; handlers may be added while others are being served.
class Router {
 public:
  /// A handler of either kind.
  struct Route {
    Handler handler;
    AsyncHandler async_handler;
    HeadHandler head_handler;
    /// As it was given; lives as long as the router.
    const std::string* pattern = nullptr;
  };

  /// `pattern`: a path, or a prefix followed by `*`.
  void add(std::string_view pattern, Route route);
  /// The exact pattern, else the longest prefix; null when none matches.
  std::shared_ptr<const Route> find(std::string_view path) const;
  bool has_head_handlers() const { return has_head_handlers_; }

 private:
  mutable std::mutex mutex_;
  std::atomic<bool> has_head_handlers_ = false;
  std::map<std::string, std::shared_ptr<const Route>, std::less<>> exact_;
  std::map<std::string, std::shared_ptr<const Route>, std::less<>> prefixes_;
  std::set<std::string, std::less<>> patterns_;
};

}  // namespace closelab::server
