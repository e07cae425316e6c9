#pragma once

#include <doctest/doctest.h>

#include <cerrno>
#include <vector>

#include "net/verdict/derive_verdict.h"
#include "tests/net/verdict/story.h"

// What stories come down to, as tables: who, by what, and how it is known.

namespace closelab::net {

using namespace std::chrono_literals;

struct Row {
  const char* name;
  Story story;
  Side closed_first;
  ClosedBy closed_by;
  ResetBy reset_by;
  TimeWait time_wait;
  Source source;
};

using S = TcpState;
using M = SampleMoment;

constexpr auto seen = Source::sock_diag;
constexpr auto inferred = Source::inferred;

inline void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    const Verdict verdict = derive_verdict(row.story.evidence());
    CAPTURE(row.name);
    CHECK(verdict.closed_first == row.closed_first);
    CHECK(verdict.closed_by == row.closed_by);
    CHECK(verdict.reset_by == row.reset_by);
    CHECK(verdict.time_wait == row.time_wait);
    CHECK(to_string(verdict.time_wait_source) == to_string(row.source));
  }
}

constexpr auto undetermined = Side::undetermined;
constexpr auto by_fin = ClosedBy::fin;
constexpr auto by_rst = ClosedBy::rst;
constexpr auto by_unknown = ClosedBy::undetermined;
constexpr auto no_reset = ResetBy::none;
constexpr auto reset_unknown = ResetBy::undetermined;

}  // namespace closelab::net
