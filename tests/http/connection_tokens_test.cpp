#include "http/connection_tokens.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "closelab/message.h"
#include "http/persistence.h"

using namespace closelab;
using http::collect_connection_tokens;
using http::ConnectionTokens;

namespace {

constexpr ConnectionTokens nothing{};
constexpr ConnectionTokens close_only{.close = true};
constexpr ConnectionTokens keep_alive_only{.keep_alive = true};
constexpr ConnectionTokens both{.close = true, .keep_alive = true};

ConnectionTokens tokens_of(const std::vector<std::string>& lines) {
  std::vector<Field> fields;
  for (const auto& line : lines) fields.push_back({"Connection", line});
  return collect_connection_tokens(fields);
}

}  // namespace

TEST_CASE("one Connection line") {
  struct Row {
    std::string value;
    ConnectionTokens expected;
  };
  const Row rows[] = {
      {"close", close_only},
      {"CLOSE", close_only},
      {"Close", close_only},
      {"keep-alive", keep_alive_only},
      {"Keep-Alive", keep_alive_only},
      {"close, keep-alive", both},
      {"keep-alive,close", both},
      {"upgrade, close", close_only},
      {" \t close \t ", close_only},
      {"upgrade\t,\tclose", close_only},
      {",,close,,", close_only},
      {" , \t,keep-alive", keep_alive_only},
      {"", nothing},
      {",", nothing},
      {"x-close", nothing},
      {"close-x", nothing},
      {"clos", nothing},
      {"closed", nothing},
      {"keep-alives", nothing},
      {"keepalive", nothing},
      {"close keep-alive", nothing},
      {"close;q=1", nothing},
      {"\"close\"", nothing},
  };
  for (const Row& row : rows) {
    CAPTURE(row.value);
    CHECK(tokens_of({row.value}) == row.expected);
  }
}

TEST_CASE("only the Connection field counts, whatever its case") {
  const std::vector<FieldView> fields = {
      {"X-Connection", "close"}, {"Keep-Alive", "close"}, {"cOnNeCtIoN", "keep-alive"}};
  CHECK(collect_connection_tokens(fields) == keep_alive_only);
  CHECK(collect_connection_tokens(std::vector<FieldView>{}) == nothing);
}

TEST_CASE("close wins in every order of tokens over one, two and three lines") {
  std::vector<std::string> tokens = {"Close", "keep-alive", "upgrade"};
  std::sort(tokens.begin(), tokens.end());
  do {
    const std::vector<std::vector<std::string>> layouts = {
        {tokens[0] + ", " + tokens[1] + "\t,\t" + tokens[2]},
        {tokens[0], tokens[1] + "," + tokens[2]},
        {tokens[0] + "," + tokens[1], tokens[2]},
        {tokens[0], tokens[1], tokens[2]},
        {tokens[0], "", tokens[1], ",", tokens[2]},
    };
    for (const auto& lines : layouts) {
      CAPTURE(lines.front());
      CHECK(tokens_of(lines) == both);
      for (const Version version : {Version::http_1_0, Version::http_1_1}) {
        const Persistence persistence =
            http::decide_persistence({.request_version = version, .request = tokens_of(lines)});
        CHECK(persistence == Persistence{Persistence::Decision::close, CloseReason::request_close});
      }
    }
  } while (std::next_permutation(tokens.begin(), tokens.end()));
}
