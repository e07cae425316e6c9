#pragma once

#include <cstdint>
#include <vector>

#include "net/testbed/packet.h"

namespace closelab::testbed {

/// Which packets a rule is about.
enum class Match : std::uint8_t {
  any,
  syn,
  fin,
  rst,
  ack,   ///< an ACK alone: no SYN, FIN, RST or data
  data,  ///< with payload
};

bool matches(Match match, const Packet& packet);

/// What the relay does to matching packets from a side, instead of delivering them.
struct RelayRule {
  enum class Action : std::uint8_t {
    drop,
    hold,  ///< kept until release
    copy,  ///< delivered, and a copy kept until release
  };
  Action action = Action::drop;
  Match match = Match::any;
  /// `client`, `server` or `both`.
  Side from = Side::both;
  /// How many packets; 0: all.
  std::uint32_t count = 0;
};

/// The rules in force, in the order in which they were added; the first that matches decides.
class RelayRules {
 public:
  struct Decision {
    bool deliver = true;
    bool keep = false;
  };

  void add(const RelayRule& rule) { rules_.push_back(rule); }
  void clear() { rules_.clear(); }
  /// What becomes of the packet; counts it against its rule.
  Decision decide(const Packet& packet);

 private:
  std::vector<RelayRule> rules_;
};

}  // namespace closelab::testbed
