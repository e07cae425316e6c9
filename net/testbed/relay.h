#pragma once

#include <sys/types.h>

#include <chrono>

#include "net/socket/unique_fd.h"
#include "net/testbed/link.h"
#include "net/testbed/relay_rules.h"

namespace closelab::testbed {

struct RelayCommand;

/// The network between two hosts: a process that carries packets from one host's link to the other's, and delays,
/// drops, holds and repeats them as told. Each call returns when it is in force.
class Relay {
 public:
  /// Starts the process: call it before any thread is started. Both links are of one kind.
  Relay(Wire client, Wire server);
  /// Ends it.
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  /// From now on each packet takes that long.
  void set_delay(std::chrono::milliseconds delay);
  void add(const RelayRule& rule);
  /// No rules any more; what is kept stays kept.
  void clear_rules();
  /// Delivers what was kept, in the order in which it was sent; it is kept no longer.
  void release();
  /// Delivers the one kept packet whose sequence numbers lie in its receiver's window of now: what an old duplicate
  /// does that turns up in a new connection. False when none does.
  bool release_fitting();
  /// How many packets it lost that it was not told to drop, because it was too slow: should be none.
  std::uint32_t lost();

 private:
  std::uint32_t tell(const RelayCommand& command);

  net::UniqueFd control_;
  pid_t pid_ = -1;
};

}  // namespace closelab::testbed
