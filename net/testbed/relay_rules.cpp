#include "net/testbed/relay_rules.h"

#include <algorithm>

namespace closelab::testbed {

bool matches(Match match, const Packet& packet) {
  switch (match) {
    case Match::any:
      return true;
    case Match::syn:
      return packet.has(syn);
    case Match::fin:
      return packet.has(fin);
    case Match::rst:
      return packet.has(rst);
    case Match::ack:
      return packet.payload == 0 && !packet.has(syn) && !packet.has(fin) && !packet.has(rst);
    case Match::data:
      return packet.payload > 0;
  }
  return false;
}

RelayRules::Decision RelayRules::decide(const Packet& packet) {
  const auto rule = std::ranges::find_if(rules_, [&](const RelayRule& candidate) {
    return (candidate.from == Side::both || candidate.from == packet.from) && matches(candidate.match, packet);
  });
  if (rule == rules_.end()) return {};
  const RelayRule::Action action = rule->action;
  if (rule->count > 0 && --rule->count == 0) rules_.erase(rule);
  return {.deliver = action == RelayRule::Action::copy, .keep = action != RelayRule::Action::drop};
}

}  // namespace closelab::testbed
