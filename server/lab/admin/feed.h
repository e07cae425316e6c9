#pragma once

#include <mutex>
#include <string>

#include "closelab/options.h"
#include "closelab/server.h"
#include "server/lab/admin/hub.h"
#include "server/lab/admin/metrics.h"

namespace closelab::lab {

/// What the admin port learns from the lab's server while it happens. Has to outlive that server.
class Feed {
 public:
  /// The options with callbacks that feed this; a callback that is there is called first.
  Options attach(Options options);

  Hub& hub() { return hub_; }
  /// OpenMetrics text.
  std::string metrics(const Counts& counts) const;

 private:
  Hub hub_;
  mutable std::mutex mutex_;
  Metrics metrics_;
};

}  // namespace closelab::lab
