// docs/admin.schema.json lists the names that the program uses, all and no other.

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "closelab/record.h"
#include "server/rules/rule_text.h"
#include "tests/support/facts.h"
#include "tests/where.h"

namespace closelab::lab {
namespace {

using nlohmann::json;

json definitions() {
  std::ifstream file(CLOSELAB_SOURCE_DIR "/docs/admin.schema.json");
  return json::parse(file)["$defs"];
}

/// The names of an enum's values up to `last`.
template <class Enum>
std::vector<std::string> names(Enum last, Enum first = Enum{}) {
  std::vector<std::string> all;
  for (auto i = static_cast<int>(first); i <= static_cast<int>(last); ++i)
    all.emplace_back(to_string(static_cast<Enum>(i)));
  return all;
}

TEST_CASE("the schema lists every value of every enum") {
  const json defs = definitions();
  const json& verdict = defs["verdict"]["properties"];
  const json& evidence = defs["evidence"]["properties"];
  struct Case {
    const json& schema;
    std::vector<std::string> names;
  };
  const Case cases[] = {
      {defs["close_mode"], names(CloseMode::never)},
      {defs["close_reason"], names(CloseReason::tcp_timeout)},
      {defs["phase"], names(Phase::settled)},
      {defs["source"], names(Source::inferred)},
      {defs["tcp_state"], names(TcpState::closing)},
      {defs["retry"], names(Retry::if_idempotent)},
      {defs["request"]["properties"]["seen_by"], names(SeenBy::handler)},
      {defs["request"]["properties"]["persistence"], names(Persistence::Decision::close)},
      {evidence["fact"], test::fact_names()},
      {evidence["from"], names(Sender::client)},
      {evidence["moment"], names(SampleMoment::while_waiting, SampleMoment::before_fin)},
      {verdict["closed_first"], names(Side::both)},
      {verdict["closed_by"], names(ClosedBy::timeout)},
      {verdict["reset_by"], names(ResetBy::client)},
      {verdict["time_wait"], names(TimeWait::both)},
      {defs["unknown_because"], names(UnknownBecause::not_awaited, UnknownBecause::open)},
      {defs["fin_sent_by"], names(FinSentBy::both)},
  };
  for (const Case& c : cases) {
    CAPTURE(c.schema.dump());
    CHECK(c.schema["enum"] == c.names);
  }
}

TEST_CASE("the schema lists every key of a rule") {
  const json properties = definitions()["rule"]["properties"];
  std::vector<std::string> listed;
  for (const auto& [key, schema] : properties.items()) listed.push_back(key);
  std::vector<std::string> keys;
  for (const server::RuleKey& key : server::rule_schema()) keys.emplace_back(key.name);
  std::ranges::sort(keys);
  CHECK(listed == keys);
}

}  // namespace
}  // namespace closelab::lab
