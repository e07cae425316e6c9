#include "http/persistence.h"

#include <doctest/doctest.h>

#include <functional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace closelab;
using namespace closelab::http;

namespace {

struct Cause {
  CloseReason reason;
  std::function<void(PersistenceInputs&)> apply;
};

// In the order of precedence.
const std::vector<Cause>& causes() {
  static const std::vector<Cause> all = {
      {CloseReason::protocol_error, [](auto& in) { in.decided = CloseReason::protocol_error; }},
      {CloseReason::request_close, [](auto& in) { in.request.close = true; }},
      {CloseReason::http_1_0, [](auto& in) { in.request_version = Version::http_1_0; }},
      {CloseReason::response_close, [](auto& in) { in.response.close = true; }},
      {CloseReason::body_delimited, [](auto& in) { in.response_body = BodyEnd::connection_close; }},
      {CloseReason::request_limit, [](auto& in) { in.request_limit = in.request_number; }},
      {CloseReason::server_stop, [](auto& in) { in.server = ServerState::stopping; }},
  };
  return all;
}

Persistence closed_by(CloseReason reason) { return {Persistence::Decision::close, reason}; }

}  // namespace

TEST_CASE("HTTP/1.1 keeps by default, HTTP/1.0 when asked") {
  struct Row {
    Version version;
    ConnectionTokens request;
    Persistence expected;
  };
  const Persistence keep{};
  const Row rows[] = {
      {Version::http_1_1, {}, keep},
      {Version::http_1_1, {.keep_alive = true}, keep},
      {Version::http_1_1, {.close = true}, closed_by(CloseReason::request_close)},
      {Version::http_1_1, {.close = true, .keep_alive = true}, closed_by(CloseReason::request_close)},
      {Version::http_1_0, {}, closed_by(CloseReason::http_1_0)},
      {Version::http_1_0, {.keep_alive = true}, keep},
      {Version::http_1_0, {.close = true}, closed_by(CloseReason::request_close)},
      {Version::http_1_0, {.close = true, .keep_alive = true}, closed_by(CloseReason::request_close)},
  };
  for (const Row& row : rows) {
    CAPTURE(to_string(row.version));
    CHECK(decide_persistence({.request_version = row.version, .request = row.request}) == row.expected);
  }
}

TEST_CASE("every combination of causes closes by the first of them") {
  const auto& all = causes();
  for (unsigned set = 1; set < (1u << all.size()); ++set) {
    PersistenceInputs inputs;
    CloseReason first = CloseReason::none;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if ((set >> i & 1) == 0) continue;
      all[i].apply(inputs);
      if (first == CloseReason::none) first = all[i].reason;
    }
    CAPTURE(set);
    REQUIRE(decide_persistence(inputs) == closed_by(first));
  }
}

TEST_CASE("a response's keep-alive does not undo its close, nor anyone's") {
  CHECK(decide_persistence({.response = {.close = true, .keep_alive = true}}) ==
        closed_by(CloseReason::response_close));
  CHECK(decide_persistence({.request = {.close = true}, .response = {.keep_alive = true}}) ==
        closed_by(CloseReason::request_close));
  CHECK(decide_persistence({.request_version = Version::http_1_0, .response = {.keep_alive = true}}) ==
        closed_by(CloseReason::http_1_0));
}

TEST_CASE("the request limit counts from 1 and includes the last request") {
  struct Row {
    std::uint64_t number;
    std::optional<std::uint64_t> limit;
    bool closes;
  };
  const Row rows[] = {{1, std::nullopt, false}, {1, 1, true},     {1, 2, false}, {2, 2, true}, {3, 2, true},
                      {99, 100, false},         {100, 100, true}, {1, 0, true}};
  for (const Row& row : rows) {
    CAPTURE(row.number);
    const auto decided = decide_persistence({.request_number = row.number, .request_limit = row.limit});
    CHECK(decided == (row.closes ? closed_by(CloseReason::request_limit) : Persistence{}));
  }
}

TEST_CASE("every close reason has a name and words of its own") {
  std::set<std::string> names;
  std::set<std::string> words;
  for (int i = 0; i <= static_cast<int>(CloseReason::tcp_timeout); ++i) {
    const auto reason = static_cast<CloseReason>(i);
    names.emplace(to_string(reason));
    words.emplace(describe(reason));
  }
  CHECK(names.size() == 23);
  CHECK(words.size() == 23);
  CHECK_FALSE(names.contains(""));
  CHECK(to_string(CloseReason::request_close) == "request_close");
  CHECK(to_string(CloseReason::http_1_0) == "http_1_0");
  CHECK(to_string(CloseReason::tcp_timeout) == "tcp_timeout");
  CHECK(describe(CloseReason::request_close) == "the request said \"Connection: close\"");
}

TEST_CASE("a drain is the last reason to close") {
  CHECK(decide_persistence({.server = ServerState::draining}) == closed_by(CloseReason::drain));
  CHECK(decide_persistence({.request = {.close = true}, .server = ServerState::draining}) ==
        closed_by(CloseReason::request_close));
}

TEST_CASE("printing") {
  std::ostringstream out;
  out << Persistence{} << ' ' << closed_by(CloseReason::body_delimited) << ' ' << CloseReason::idle_timeout;
  CHECK(out.str() == "keep close (body_delimited) idle_timeout");
}
