#include "net/testbed/relay_rules.h"

#include <doctest/doctest.h>

namespace closelab::testbed {
namespace {

using Action = RelayRule::Action;

Packet packet(Side from, unsigned flags, std::uint32_t payload = 0) {
  return {.from = from, .flags = static_cast<std::uint8_t>(flags), .payload = payload};
}

TEST_CASE("which packets a rule is about") {
  struct Row {
    Match match;
    Packet packet;
    bool expected;
  };
  const Row rows[] = {
      {Match::any, packet(Side::client, rst), true},           {Match::syn, packet(Side::server, syn | ack), true},
      {Match::syn, packet(Side::server, ack), false},          {Match::fin, packet(Side::server, fin | ack, 10), true},
      {Match::rst, packet(Side::server, rst | ack), true},     {Match::data, packet(Side::server, fin | ack, 10), true},
      {Match::data, packet(Side::server, fin | ack), false},   {Match::ack, packet(Side::client, ack), true},
      {Match::ack, packet(Side::client, psh | ack, 1), false}, {Match::ack, packet(Side::client, fin | ack), false},
      {Match::ack, packet(Side::client, syn | ack), false},    {Match::ack, packet(Side::client, rst | ack), false},
  };
  for (const Row& row : rows) CHECK(matches(row.match, row.packet) == row.expected);
}

TEST_CASE("a rule acts as often as it says, on packets from its side") {
  RelayRules rules;
  rules.add({.action = Action::drop, .match = Match::ack, .from = Side::client, .count = 2});
  CHECK(rules.decide(packet(Side::server, ack)).deliver);
  CHECK_FALSE(rules.decide(packet(Side::client, ack)).deliver);
  CHECK(rules.decide(packet(Side::client, fin | ack)).deliver);
  CHECK_FALSE(rules.decide(packet(Side::client, ack)).deliver);
  CHECK(rules.decide(packet(Side::client, ack)).deliver);
}

TEST_CASE("what each action does; without a count it has no end") {
  struct Row {
    Action action;
    bool deliver;
    bool keep;
  };
  for (const Row& row :
       {Row{Action::drop, false, false}, Row{Action::hold, false, true}, Row{Action::copy, true, true}}) {
    RelayRules rules;
    rules.add({.action = row.action});
    for (int i = 0; i < 3; ++i) {
      const auto decision = rules.decide(packet(Side::server, ack));
      CHECK(decision.deliver == row.deliver);
      CHECK(decision.keep == row.keep);
    }
    rules.clear();
    CHECK(rules.decide(packet(Side::server, ack)).deliver);
  }
}

TEST_CASE("the first rule that matches decides") {
  RelayRules rules;
  rules.add({.action = Action::copy, .match = Match::data, .count = 1});
  rules.add({.action = Action::drop});
  CHECK(rules.decide(packet(Side::client, ack, 5)).deliver);
  CHECK_FALSE(rules.decide(packet(Side::client, ack, 5)).deliver);
}

}  // namespace
}  // namespace closelab::testbed
