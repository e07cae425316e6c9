#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "closelab/handler.h"

namespace closelab::server {

/// The handlers by pattern; they may be added while others are being served.
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

 private:
  friend class Routes;
  using Table = std::map<std::string, std::shared_ptr<const Route>, std::less<>>;

  mutable std::mutex mutex_;
  /// The tables' version, read without the mutex.
  std::atomic<std::uint64_t> version_ = 0;
  Table exact_;
  Table prefixes_;
  std::set<std::string, std::less<>> patterns_;
};

/// Finds the handler of a path, for one thread: a copy of the router's tables, so that nothing is shared with others
/// while no handler is added.
class Routes {
 public:
  explicit Routes(const Router& router) : router_(router) {}

  /// The exact pattern, else the longest prefix; null when none matches.
  std::shared_ptr<const Router::Route> find(std::string_view path);
  bool has_head_handlers();

 private:
  void bring_up_to_date();

  const Router& router_;
  std::uint64_t version_ = 0;
  Router::Table exact_;
  Router::Table prefixes_;
  bool has_head_handlers_ = false;
};

}  // namespace closelab::server
