#pragma once

#include <string>
#include <utility>
#include <vector>

#include "net/testbed/packet.h"
#include "server/lab/experiments/expectation.h"
#include "server/record/picture.h"

namespace closelab::lab {

/// What came of playing one case.
struct CaseOutcome {
  /// Why it could not be played; empty when it was.
  std::string not_shown{};
  /// What keeps it from showing everything; empty when nothing does.
  std::string limits{};
  Observations observed{};
  /// Shows the connection of the first socket that connects.
  server::Picture picture{};
  /// Its packets, as `tshark` would list them.
  std::vector<testbed::Packet> packets{};
  /// The play's steps and what each gave: `client connect: ok`.
  std::vector<std::string> transcript{};
  /// Names and values of net.ipv4 under which it was played.
  std::vector<std::pair<std::string, std::string>> sysctl{};
  double seconds = 0;

  /// What nobody wants to look at can be large.
  void forget_picture() {
    picture.rungs.clear();
    packets.clear();
  }
};

}  // namespace closelab::lab
