#pragma once

#include <mutex>
#include <string>

#include "closelab/options.h"
#include "closelab/server.h"
#include "server/lab/admin/event_dispatcher.h"
#include "server/lab/admin/metrics.h"

namespace closelab::lab {

/// What the admin port learns from the lab's server while it happens. Has to outlive that server.
class ServerEvents {
 public:
  /// The options with callbacks that feed this; a callback that is there is called first.
  Options attach(Options options);

  EventDispatcher& dispatcher() { return dispatcher_; }
  /// OpenMetrics text.
  std::string metrics(const Counts& counts) const;
  /// Endings until now, by who closed first.
  std::map<Side, std::uint64_t> endings_by_side() const;

 private:
  EventDispatcher dispatcher_;
  mutable std::mutex mutex_;
  Metrics metrics_;
};

}  // namespace closelab::lab
