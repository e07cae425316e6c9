#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "closelab/drain.h"
#include "closelab/options.h"
#include "net/kernel/observer.h"
#include "net/memory/insist.h"
#include "net/socket/ready_set.h"
#include "net/teardown/blocking_closer.h"
#include "net/teardown/teardown.h"
#include "server/connection/close_holds.h"
#include "server/connection/deadlines.h"
#include "server/connection/exchange.h"
#include "server/connection/router.h"
#include "server/record/recorder.h"
#include "server/rules/rule_book.h"

namespace closelab::server {

/// What the connections of a server share.
struct Shared {
  const Options& options;
  Router& router;
  Recorder& recorder;
  net::Observer& observer;
  net::BlockingCloser& closer;
  RuleBook& rules;
  CloseHolds& holds;
  /// Whoever writes a BodyStream may outlive the server.
  const std::shared_ptr<HeldBytes> held;
};

/// A drain that is under way.
struct Drain {
  DrainOptions options;
  std::chrono::steady_clock::time_point since;
};

/// The reactor that connections live on, as they see it; on its thread, but for post().
class ConnectionHost : public std::enable_shared_from_this<ConnectionHost> {
 public:
  Shared& shared() const { return shared_; }
  bool is_stopping() const { return stopping_; }
  const std::optional<Drain>& drain() const { return drain_; }
  Routes& routes() { return routes_; }
  /// The pattern of the route whose handler runs; null between handlers. Read by other threads.
  std::atomic<const std::string*>& route_handled() { return route_handled_; }
  virtual net::ReadySet& ready_set() = 0;
  virtual Deadlines& deadlines() = 0;
  virtual ExchangePool& exchanges() = 0;
  virtual std::span<char> read_buffer() = 0;
  /// The Date field's value.
  virtual std::string_view date() = 0;
  /// For the end of a connection that has run out of memory.
  virtual net::MemoryReserve& memory_reserve() = 0;
  /// Calls after_teardown_step() of a connection whose teardown awaits a look, after one look for all of them.
  virtual void look_before_close(Connection& connection, net::Teardown& teardown) = 0;
  /// The connection is over.
  virtual void remove(Connection& connection) = 0;
  /// Runs on the reactor's thread, soon; from any thread.
  virtual void post(std::function<void()> job) = 0;

 protected:
  explicit ConnectionHost(Shared& shared) : shared_(shared), routes_(shared.router) {}
  ~ConnectionHost() = default;

  Shared& shared_;
  Routes routes_;
  bool stopping_ = false;
  std::optional<Drain> drain_;
  std::atomic<const std::string*> route_handled_ = nullptr;
};

}  // namespace closelab::server
