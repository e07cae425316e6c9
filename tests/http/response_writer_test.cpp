#include "http/response_writer.h"

#include <doctest/doctest.h>

#include <clocale>
#include <limits>
#include <string>
#include <vector>

using namespace closelab;
using namespace closelab::http;
using std::chrono::milliseconds;

namespace {

constexpr ResponseFraming no_body{};
constexpr ResponseFraming length_of(std::uint64_t length) {
  return {Framing::content_length, ResponseBody::sent, length};
}

std::string written(const ResponseHead& head) {
  std::string out;
  CHECK(write_head(out, head) == HeadError::none);
  return out;
}

}  // namespace

TEST_CASE("how a response is framed") {
  constexpr auto sent = ResponseBody::sent;
  constexpr auto omitted = ResponseBody::omitted;
  constexpr auto v10 = Version::http_1_0;
  constexpr auto v11 = Version::http_1_1;
  struct Row {
    std::string_view method;
    int status;
    Version version;
    std::optional<std::uint64_t> length;
    ResponseFraming expected;
  };
  const Row rows[] = {
      {"GET", 200, v11, 5, {Framing::content_length, sent, 5}},
      {"GET", 200, v11, 0, {Framing::content_length, sent, 0}},
      {"GET", 200, v10, 5, {Framing::content_length, sent, 5}},
      {"GET", 200, v11, std::nullopt, {Framing::chunked, sent, 0}},
      {"GET", 200, v10, std::nullopt, {Framing::until_close, sent, 0}},
      {"POST", 413, v11, 9, {Framing::content_length, sent, 9}},
      {"HEAD", 200, v11, 5, {Framing::content_length, omitted, 5}},
      {"HEAD", 200, v11, std::nullopt, {Framing::chunked, omitted, 0}},
      {"HEAD", 200, v10, std::nullopt, {Framing::until_close, omitted, 0}},
      {"HEAD", 404, v11, 7, {Framing::content_length, omitted, 7}},
      {"head", 200, v11, 5, {Framing::content_length, sent, 5}},  // methods are case-sensitive
      {"GET", 204, v11, 5, no_body},
      {"GET", 204, v11, std::nullopt, no_body},
      {"GET", 304, v11, 5, no_body},
      {"GET", 304, v10, std::nullopt, no_body},
      {"GET", 100, v11, 0, no_body},
      {"GET", 205, v11, 5, {Framing::content_length, omitted, 0}},
      {"GET", 205, v11, std::nullopt, {Framing::content_length, omitted, 0}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.method);
    CAPTURE(row.status);
    CHECK(choose_framing(row.method, row.status, row.version, row.length) == row.expected);
  }
}

TEST_CASE("heads") {
  constexpr auto keep = Persistence::Decision::keep;
  constexpr auto close = Persistence::Decision::close;
  const std::vector<Field> text = {{"Content-Type", "text/plain"}, {"X-Empty", ""}};
  const std::vector<Field> upgrade = {{"Upgrade", "h2c"}};
  const std::vector<Field> upgrade_named = {
      {"Connection", "Upgrade, Keep-Alive"}, {"Upgrade", "h2c"}, {"connection", "x-hop, close"}};
  struct Row {
    ResponseHead head;
    std::string expected;
  };
  const Row rows[] = {
      {{.framing = length_of(3)}, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"},
      {{.fields = text, .framing = length_of(0), .date = "DATE"},
       "HTTP/1.1 200 OK\r\nDate: DATE\r\nContent-Type: text/plain\r\nX-Empty: \r\nContent-Length: 0\r\n\r\n"},
      {{.status = 299, .framing = length_of(std::numeric_limits<std::uint64_t>::max())},
       "HTTP/1.1 299 \r\nContent-Length: 18446744073709551615\r\n\r\n"},
      {{.framing = {Framing::chunked, ResponseBody::omitted, 0}},
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {{.framing = {Framing::until_close, ResponseBody::sent, 0}, .persistence = close},
       "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"},
      {{.status = 204}, "HTTP/1.1 204 No Content\r\n\r\n"},
      {{.status = 404, .framing = length_of(1), .persistence = close},
       "HTTP/1.1 404 Not Found\r\nContent-Length: 1\r\nConnection: close\r\n\r\n"},
      // Keep-Alive and its Connection option.
      {{.status = 204, .persistence = keep, .request_version = Version::http_1_0},
       "HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n"},
      {{.status = 204, .idle_timeout = milliseconds(5000)},
       "HTTP/1.1 204 No Content\r\nKeep-Alive: timeout=5\r\nConnection: keep-alive\r\n\r\n"},
      {{.status = 204, .idle_timeout = milliseconds(1999), .requests_left = 7},
       "HTTP/1.1 204 No Content\r\nKeep-Alive: timeout=1, max=7\r\nConnection: keep-alive\r\n\r\n"},
      {{.status = 204, .idle_timeout = milliseconds(999), .requests_left = 7},
       "HTTP/1.1 204 No Content\r\nKeep-Alive: max=7\r\nConnection: keep-alive\r\n\r\n"},
      {{.status = 204, .idle_timeout = milliseconds(999)}, "HTTP/1.1 204 No Content\r\n\r\n"},
      {{.status = 204, .idle_timeout = milliseconds(-1)}, "HTTP/1.1 204 No Content\r\n\r\n"},
      {{.status = 204, .keep_alive = KeepAliveField::always},
       "HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n"},
      {{.status = 204, .persistence = close, .keep_alive = KeepAliveField::always},
       "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"},
      {{.status = 204, .persistence = close, .idle_timeout = milliseconds(5000), .requests_left = 7},
       "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"},
      {{.status = 426, .fields = upgrade},
       "HTTP/1.1 426 Upgrade Required\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n"},
      {{.status = 426, .fields = upgrade, .keep_alive = KeepAliveField::always},
       "HTTP/1.1 426 Upgrade Required\r\nUpgrade: h2c\r\nConnection: keep-alive, upgrade\r\n\r\n"},
      {{.status = 426, .fields = upgrade, .persistence = close},
       "HTTP/1.1 426 Upgrade Required\r\nUpgrade: h2c\r\nConnection: close, upgrade\r\n\r\n"},
      {{.status = 426, .fields = upgrade_named, .persistence = close},
       "HTTP/1.1 426 Upgrade Required\r\nUpgrade: h2c\r\nConnection: close, Upgrade, x-hop\r\n\r\n"},
  };
  for (const Row& row : rows) CHECK(written(row.head) == row.expected);
}

TEST_CASE("fields of any length") {
  for (std::size_t size = 400; size < 600; ++size) {
    CAPTURE(size);
    const std::vector<Field> fields = {{"A", std::string(size, 'a')}, {"B", "b"}, {"C", std::string(2 * size, 'c')}};
    std::string out = "before ";
    CHECK(write_head(out, {.fields = fields, .framing = length_of(12345678901234567890u)}) == HeadError::none);
    CHECK(out == "before HTTP/1.1 200 OK\r\nA: " + fields[0].value + "\r\nB: b\r\nC: " + fields[2].value +
                     "\r\nContent-Length: 12345678901234567890\r\n\r\n");
  }
}

TEST_CASE("the server's own fields are not taken from the handler") {
  const std::vector<Field> fields = {
      {"Connection", "keep-alive"}, {"CONTENT-LENGTH", "9"}, {"transfer-encoding", "gzip"}, {"Date", "then"},
      {"Keep-Alive", "timeout=9"},  {"X-Date", "kept"},
  };
  CHECK(written(
            {.fields = fields, .framing = length_of(2), .date = "now", .persistence = Persistence::Decision::close}) ==
        "HTTP/1.1 200 OK\r\nDate: now\r\nX-Date: kept\r\nContent-Length: 2\r\nConnection: close\r\n\r\n");
}

TEST_CASE("what would break the head apart is refused, and nothing is written") {
  struct Row {
    int status;
    Field field;
    HeadError expected;
  };
  const Row rows[] = {
      {200, {"X", "a\r\nSet-Cookie: b"}, HeadError::bad_field_value},
      {200, {"X", "a\n"}, HeadError::bad_field_value},
      {200, {"X", "a\r"}, HeadError::bad_field_value},
      {200, {"X", std::string("a\0b", 3)}, HeadError::bad_field_value},
      {200, {"X", "\x7f"}, HeadError::bad_field_value},
      {200, {"Date", "a\r\n"}, HeadError::bad_field_value},  // also in a field that would be left out
      {200, {"", "a"}, HeadError::bad_field_name},
      {200, {"X Y", "a"}, HeadError::bad_field_name},
      {200, {"X:", "a"}, HeadError::bad_field_name},
      {200, {"X\r\nY", "a"}, HeadError::bad_field_name},
      {199, {"X", "a"}, HeadError::bad_status},
      {1000, {"X", "a"}, HeadError::bad_status},
      {-200, {"X", "a"}, HeadError::bad_status},
      {999, {"X", "tab\tand \xc3\xa4 are fine"}, HeadError::none},
      {200, {"X", "a"}, HeadError::none},
  };
  for (const Row& row : rows) {
    const std::vector<Field> fields = {{"Ok", "ok"}, row.field};
    std::string out = "before";
    CAPTURE(row.field.value);
    CHECK(write_head(out, {.status = row.status, .fields = fields}) == row.expected);
    CHECK((out == "before") == (row.expected != HeadError::none));
    CHECK_FALSE(describe(row.expected).empty());
  }
}

TEST_CASE("chunks and 100 (Continue)") {
  std::string out;
  append_chunk(out, "hello");
  append_chunk(out, "");
  append_chunk(out, std::string(26, 'x'));
  append_last_chunk(out);
  CHECK(out == "5\r\nhello\r\n1a\r\n" + std::string(26, 'x') + "\r\n0\r\n\r\n");
  out.clear();
  write_continue(out);
  CHECK(out == "HTTP/1.1 100 Continue\r\n\r\n");
}

TEST_CASE("dates") {
  std::setlocale(LC_ALL, "");
  CHECK(format_http_date(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT");  // RFC 9110 §5.6.7
  CHECK(format_http_date(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
  CHECK(format_http_date(951782400) == "Tue, 29 Feb 2000 00:00:00 GMT");
  CHECK(format_http_date(1798761599) == "Thu, 31 Dec 2026 23:59:59 GMT");
}
