#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tests/http/read_request.h"

using namespace closelab;
using namespace closelab::http;

TEST_CASE("limits hold at n and not at n + 1") {
  const auto head_of = [](std::size_t bytes) {
    const std::size_t rest = get("Host: a\r\nX:\r\n").size();
    return get("Host: a\r\nX:" + std::string(bytes - rest, 'x') + "\r\n");
  };
  const auto target_of = [](std::size_t bytes) {
    return get("Host: a\r\n", "GET /" + std::string(bytes - 1, 'x') + " HTTP/1.1");
  };
  const auto fields_of = [](std::size_t count) {
    std::string fields = "Host: a\r\n";
    while (--count > 0) fields += "X:\r\n";
    return get(fields);
  };
  const auto overhead_of = [](std::size_t extension, std::size_t trailer) {
    return chunked("1;" + std::string(extension - 1, 'x') + "\r\na\r\n0\r\nA:" + std::string(trailer - 4, 'x') +
                   "\r\n\r\n");
  };
  struct Row {
    std::string text;
    Refusal fault;
  };
  const Row rows[] = {
      {head_of(200), Refusal::none},
      {head_of(201), Refusal::head_too_large},
      {target_of(60), Refusal::none},
      {target_of(61), Refusal::target_too_long},
      {fields_of(6), Refusal::none},
      {fields_of(7), Refusal::too_many_fields},
      {overhead_of(100, 100), Refusal::none},
      {overhead_of(100, 101), Refusal::chunk_framing_too_large},
      {overhead_of(101, 100), Refusal::chunk_framing_too_large},
      {post("Content-Length: 20\r\n", std::string(20, 'x')), Refusal::none},
      {post("Content-Length: 21\r\n", std::string(21, 'x')), Refusal::body_too_large},
      {chunked("1;" + std::string(199, 'x') + "\r\na\r\n0\r\n\r\n"), Refusal::none},
      {chunked("1;" + std::string(200, 'x') + "\r\na\r\n0\r\n\r\n"), Refusal::chunk_framing_too_large},
      {chunked("0\r\nA:" + std::string(196, 'x') + "\r\n\r\n"), Refusal::none},
      {chunked("0\r\nA:" + std::string(197, 'x') + "\r\n\r\n"), Refusal::chunk_framing_too_large},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const Result result = read_all_ways(row.text, small_limits());
    CHECK(result.error.empty() == (row.fault == Refusal::none));
    CHECK(describe(result.fault) == describe(row.fault));
  }
}

TEST_CASE("a request line that outgrows the whole head is a long target") {
  HttpLimits limits = small_limits();
  limits.target_bytes = 1000;
  CHECK(read_all_ways("GET /" + std::string(300, 'x'), limits).fault == Refusal::target_too_long);
  limits = small_limits();
  limits.header_bytes = 10;
  CHECK(read_all_ways(get("Host: a\r\n"), limits).fault == Refusal::head_too_large);
}

TEST_CASE("no limit at all is a limit too") {
  HttpLimits limits;
  limits.body_bytes = std::numeric_limits<std::uint64_t>::max();
  RequestParser parser(limits);
  const std::string text = post("Content-Length: 18446744073709551615\r\n", "abc");
  CHECK(parser.feed(text).event == Event::head);
  CHECK(parser.feed("abc").event == Event::need_more);
  CHECK(parser.body_remaining() == std::numeric_limits<std::uint64_t>::max() - 3);
  limits.body_bytes = 0;
  CHECK(read_all_ways(post("Content-Length: 0\r\n"), limits).event == Event::message);
  CHECK(read_all_ways(chunked("0\r\n\r\n"), limits).event == Event::message);
  CHECK(read_all_ways(chunked("1\r\n"), limits).fault == Refusal::body_too_large);
}

TEST_CASE("many small chunks are no overhead") {
  std::string body;
  for (int i = 0; i < 20; ++i) body += "1\r\nx\r\n";
  HttpLimits limits = small_limits();
  limits.header_bytes = 60;
  CHECK(read_all_ways(chunked(body + "0\r\n\r\n"), limits).body == std::string(20, 'x'));
}

TEST_CASE("what is to come of a message, also of a refused one, is known where its head says it") {
  const HttpLimits limits{.body_bytes = 10};
  using enum MessageRest::End;
  const std::pair<std::string, MessageRest> rows[] = {
      {post("Content-Length: 5\r\n", "ab"), {counted, 3}},
      {post("Content-Length: 20\r\n"), {counted, 20}},
      {"GET / HTTP/1.1\r\n\r\n", {counted, 0}},
      {post("Transfer-Encoding: chunked\r\n", "5\r\nab"), {empty_line}},
      {post("Transfer-Encoding: chunked\r\n", "ff\r\n"), {empty_line}},
      {post("Transfer-Encoding: chunked\r\n", "z\r\n"), {unknown}},
      {post("Content-Length: 1\r\nContent-Length: 2\r\n"), {unknown}},
      {"GET / HTTP/1.1\r\nHost", {empty_line}},
      {"GET / HTTP/1.1\r\nHo st: a\r\n", {empty_line}},
  };
  for (const auto& [text, rest] : rows) {
    CAPTURE(text);
    RequestParser parser(limits);
    const RequestParser::Step step = parser.feed(text);
    if (step.event == RequestParser::Event::head) parser.feed(std::string_view(text).substr(step.consumed));
    CHECK(parser.rest() == rest);
  }
}
