#pragma once

#include <chrono>
#include <memory>

#include "closelab/server.h"
#include "tests/hostile/visitor.h"

namespace closelab::hostile {

/// The admin port of a server in chaos, where the program is built too: chaos_admin.cpp. Without it
/// (chaos_without_admin.cpp) nobody visits.
class ChaosAdmin {
 public:
  ChaosAdmin();
  /// Ends its port; the server must still be there.
  ~ChaosAdmin();

  /// Before the server is made, which must end before this does.
  Options attach(Options options);
  void open(Server& server);
  /// Those who ask, wait, read events and give commands, until then; many of them go away in the middle.
  void visit(Random& random, std::chrono::steady_clock::time_point end);
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace closelab::hostile
