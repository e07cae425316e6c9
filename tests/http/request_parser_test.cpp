#include "http/request_parser.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tests/http/read_request.h"

using namespace closelab;
using namespace closelab::http;
using namespace std::string_literals;

TEST_CASE("accepted requests, however they are split") {
  struct Row {
    std::string text;
    std::string body;
    BodyFraming framing;
  };
  const Row rows[] = {
      {get("Host: a\r\n"), "", BodyFraming::none},
      {get("Host:\r\n"), "", BodyFraming::none},
      {get("hOST: [::1]:80\r\n"), "", BodyFraming::none},
      {"\r\n\r\n\r\n\r\n" + get("Host: a\r\n"), "", BodyFraming::none},
      {get("", "GET / HTTP/1.0"), "", BodyFraming::none},
      {get("Host: a\r\n", "GET / HTTP/1.2"), "", BodyFraming::none},
      {get("Host: a\r\n", "GET / HTTP/1.9"), "", BodyFraming::none},
      {get("Host: a\r\n", "OPTIONS * HTTP/1.1"), "", BodyFraming::none},
      {get("Host: a\r\n", "PATCH / HTTP/1.1"), "", BodyFraming::none},
      {get("Host: a\r\nX: \t b \xff \t\r\n"), "", BodyFraming::none},
      // What llhttp would act upon in a head, in one release or another.
      {get("Host: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n"), "", BodyFraming::none},
      {get("Host: a\r\nUpgrade: h2c\r\nConnection: Upgrade, close\r\n"), "", BodyFraming::none},
      {get("Host: a\r\nUpgrade:\r\nConnection:\r\n"), "", BodyFraming::none},
      {post("Connection: upgrade\r\nUpgrade: x\r\nContent-Length: 0\r\n"), "", BodyFraming::content_length},
      {post("Connection: upgrade\r\nUpgrade: x\r\nContent-Length: 2\r\n", "hi"), "hi", BodyFraming::content_length},
      {post("Connection: upgrade\r\nUpgrade: x\r\nTransfer-Encoding: chunked\r\n", "1\r\na\r\n0\r\n\r\n"), "a",
       BodyFraming::chunked},
      {"POST / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: x\r\nContent-Length: 2\r\n\r\nhi", "hi",
       BodyFraming::content_length},
      {post("Connection: close\r\nContent-Length: 2\r\n", "hi"), "hi", BodyFraming::content_length},
      {post("Connection: close\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "", BodyFraming::chunked},
      {get("Host: a\r\nX: \x80\xc3\xa4 \xff\t\"\\\r\n"), "", BodyFraming::none},
      {get("Host: a\r\nContent-Lengthy: x\r\nX-Transfer-Encoding: y\r\n"), "", BodyFraming::none},
      {"PUT / HTTP/1.3\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi", "hi", BodyFraming::content_length},
      {"POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi", "hi", BodyFraming::content_length},
      {get("", "POST / HTTP/1.0"), "", BodyFraming::none},
      {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi", "hi", BodyFraming::content_length},
      // Content-Length.
      {post(""), "", BodyFraming::none},
      {post("Content-Length: 0\r\n"), "", BodyFraming::content_length},
      {post("Content-Length:0003\t\r\n", "abc"), "abc", BodyFraming::content_length},
      {post("Content-Length: 20\r\n", "01234567890123456789"), "01234567890123456789", BodyFraming::content_length},
      {post("Content-Length: 5\r\n", "\r\n\0\r\n"s), "\r\n\0\r\n"s, BodyFraming::content_length},
      // Chunks.
      {chunked("0\r\n\r\n"), "", BodyFraming::chunked},
      {chunked("5\r\nhello\r\n0\r\n\r\n"), "hello", BodyFraming::chunked},
      {chunked("3\r\nabc\r\n00A\r\n0123456789\r\n000\r\n\r\n"), "abc0123456789", BodyFraming::chunked},
      {chunked("14\r\n01234567890123456789\r\n0\r\n\r\n"), "01234567890123456789", BodyFraming::chunked},
      {chunked("5;a=b\r\n\r\n\0\r\n\r\n0;c=\"d;e\"\r\n\r\n"s), "\r\n\0\r\n"s, BodyFraming::chunked},
      {chunked("1 ;x; y\r\na\r\n0\t;z\r\n\r\n"), "a", BodyFraming::chunked},
      {chunked("1\r\na\r\n0\r\nTrailer: b\r\nContent-Length: 9\r\n\r\n"), "a", BodyFraming::chunked},
      {post("Transfer-Encoding: ,\t ChunkeD\t,\r\n", "0\r\n\r\n"), "", BodyFraming::chunked},
      {post("Transfer-Encoding:\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "", BodyFraming::chunked},
      // Expect.
      {post("Expect: 100-Continue\r\nContent-Length: 1\r\n", "x"), "x", BodyFraming::content_length},
      {get("Expect: 100-continue, 100-continue\r\nHost: a\r\n"), "", BodyFraming::none},
      {get("Expect: x\r\n", "GET / HTTP/1.0"), "", BodyFraming::none},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const Result result = read_all_ways(row.text, small_limits());
    CHECK(result.error == "");
    CHECK(result.event == Event::message);
    CHECK(result.consumed == row.text.size());
    CHECK(result.body == row.body);
    CHECK(result.framing == row.framing);
    CHECK(result.saw_head == (!row.body.empty() || row.framing == BodyFraming::chunked));
    // The next message, or anything else, stays where it is.
    CHECK(read_all_ways(row.text + "GET \0"s, small_limits()).consumed == row.text.size());
  }
}

TEST_CASE("a message's parts") {
  const Result result = read_all_ways(
      get("Host: a:1\r\nX-Y:  b c\t \r\nEmpty: \r\n", "HEAD HTTP://a:1/p/q?r=s HTTP/1.1"), small_limits());
  CHECK(result.method == "HEAD");
  CHECK(result.target == "HTTP://a:1/p/q?r=s");
  CHECK(result.path == "/p/q");
  CHECK(result.query == "r=s");
  const std::vector<std::pair<std::string, std::string>> fields = {{"Host", "a:1"}, {"X-Y", "b c"}, {"Empty", ""}};
  CHECK((result.fields == fields));
}

TEST_CASE("a message that the caller keeps") {
  RequestMessage message;
  RequestParser parser(HttpLimits{}, message);
  CHECK(&parser.message() == &message);
  const std::string text = post("Content-Length: 4\r\n", "body");
  CHECK(parser.feed(text).event == Event::head);
  CHECK(message.fields.size() == 2);
  CHECK(parser.feed("body").event == Event::message);
  CHECK(message.method == "POST");
  CHECK(message.body == "body");
  parser.reset();
  CHECK(message.method.empty());
  CHECK(message.fields.empty());
  CHECK(message.body.empty());
  CHECK(message.version == Version::http_1_1);
}

TEST_CASE("every byte that may stand in a head passes") {
  std::string path, value;
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    if (byte > 0x20 && byte < 0x7f && c != '#') path += c == '%' ? "%25" : std::string(1, c);
    if (c == '\t' || (byte >= 0x20 && byte != 0x7f)) value += c;
  }
  const std::string name = "!#$%&'*+-.^_`|~09azAZ";
  const Result result =
      read_with_defaults(get("Host: a\r\n" + name + ":-" + value + "-\r\n", "GET /" + path + "?" + path + " HTTP/1.1"));
  CHECK(result.error == "");
  CHECK(result.target == "/" + path + "?" + path);
  REQUIRE(result.fields.size() == 2);
  CHECK(result.fields[1].first == name);
  CHECK(result.fields[1].second == "-" + value + "-");
  for (const std::string host : {"[v1.a:b]:80", "a%20b", "-._~!$&'()*+,;=", "a:"}) {
    CAPTURE(host);
    CHECK(read_with_defaults(get("Host: " + host + "\r\n", "GET http://" + host + "?q HTTP/1.1")).error == "");
  }
  for (const std::string method : {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
    CHECK(read_with_defaults(get("Host: a\r\n", method + " / HTTP/1.1")).method == method);
  }
}

TEST_CASE("refused requests, however they are split") {
  struct Row {
    std::string text;
    int status;
    Refusal fault;
  };
  const std::string host = "Host: a\r\n";
  const Row rows[] = {
      // Before and in the request line.
      {"\n", 400, Refusal::bare_lf},
      {"\r\rGET", 400, Refusal::bare_cr},
      {"\rGET", 400, Refusal::bare_cr},
      {"\r\n\r\n\r\n\r\n\r\n", 400, Refusal::too_many_empty_lines},
      {"\x16\x03\x01\x02", 400, Refusal::tls_handshake},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, Refusal::http_2_preface},
      {"\x80garbage", 400, Refusal::bad_method},
      {get(host, "GET / HTTP/1.1 "), 400, Refusal::bad_version},
      {get(host, "GET /"), 400, Refusal::no_version},
      {get(host, "GET / HTTP/2.0"), 505, Refusal::version_unsupported},
      {get(host, "GET / HTTP/0.9"), 505, Refusal::version_unsupported},
      {get(host, "BREW / HTTP/1.1"), 501, Refusal::method_unknown},
      {get(host, "CONNECT a:80 HTTP/1.1"), 501, Refusal::method_unknown},
      {get(host, "get / HTTP/1.1"), 501, Refusal::method_unknown},
      {get(host, "GET * HTTP/1.1"), 400, Refusal::target_form},
      {get(host, "GET a/b HTTP/1.1"), 400, Refusal::target_form},
      // Field lines; the fault is told before the head is complete.
      {"GET / HTTP/1.1\r\n Host: a", 400, Refusal::folded_line},
      {"GET / HTTP/1.1\r\nHost: a\r\n b", 400, Refusal::folded_line},
      {"GET / HTTP/1.1\r\nHost : ", 400, Refusal::space_before_colon},
      {"GET / HTTP/1.1\r\nHost: a\n", 400, Refusal::bare_lf},
      {"GET / HTTP/1.1\r\nHost: a\rb", 400, Refusal::bare_cr},
      {"GET / HTTP/1.1\r\nHost: a\r\n\rb", 400, Refusal::bare_cr},
      {"GET / HTTP/1.1\r\nHost: \0"s, 400, Refusal::bad_field_value},
      {"GET / HTTP/1.1\r\nHost\r\n", 400, Refusal::no_colon},
      {"GET / HTTP/1.1\r\n: a", 400, Refusal::empty_field_name},
      // Host.
      {get(""), 400, Refusal::no_host},
      {get("X-Host: a\r\n"), 400, Refusal::no_host},
      {get("Host: a\r\nhost: a\r\n"), 400, Refusal::repeated_host},
      {get("Host: a\r\nHost:\r\n", "GET / HTTP/1.0"), 400, Refusal::repeated_host},
      {get("Host: a, b\r\n"), 400, Refusal::bad_host},
      {get("Host: a/b\r\n"), 400, Refusal::bad_host},
      {get("Host: user@a\r\n", "GET / HTTP/1.0"), 400, Refusal::bad_host},
      // Content-Length.
      {post("Content-Length:\r\n"), 400, Refusal::bad_content_length},
      {post("Content-Length: +1\r\n", "a"), 400, Refusal::bad_content_length},
      {post("Content-Length: -1\r\n", "a"), 400, Refusal::bad_content_length},
      {post("Content-Length: 0x1\r\n", "a"), 400, Refusal::bad_content_length},
      {post("Content-Length: 1 1\r\n", "a"), 400, Refusal::bad_content_length},
      {post("Content-Length: 1,1\r\n", "a"), 400, Refusal::bad_content_length},
      {post("Content-Length: 1.0\r\n", "a"), 400, Refusal::bad_content_length},
      {post("Content-Length: 18446744073709551616\r\n"), 400, Refusal::bad_content_length},
      {post("Content-Length: 99999999999999999999999\r\n"), 400, Refusal::bad_content_length},
      {post("Content-Length: 1\r\nContent-Length: 1\r\n", "a"), 400, Refusal::repeated_content_length},
      {post("Content-Length: 1\r\ncontent-length: 2\r\n", "a"), 400, Refusal::repeated_content_length},
      {post("Content-Length: 18446744073709551615\r\n"), 413, Refusal::body_too_large},
      {post("Content-Length: 21\r\n"), 413, Refusal::body_too_large},
      // Transfer-Encoding.
      {post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400, Refusal::length_and_coding},
      {post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), 400, Refusal::length_and_coding},
      {post("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", "0\r\n\r\n"), 400, Refusal::length_and_coding},
      {get("Transfer-Encoding: chunked\r\n", "POST / HTTP/1.0"), 400, Refusal::coding_on_http_1_0},
      {post("Transfer-Encoding:\r\n"), 400, Refusal::coding_not_chunked},
      {post("Transfer-Encoding: identity\r\n"), 400, Refusal::coding_not_chunked},
      {post("Transfer-Encoding: gzip\r\n"), 400, Refusal::coding_not_chunked},
      {post("Transfer-Encoding: xchunked\r\n"), 400, Refusal::coding_not_chunked},
      {post("Transfer-Encoding: chunked;a=b\r\n"), 400, Refusal::coding_not_chunked},
      {post("Transfer-Encoding: \"chunked\"\r\n"), 400, Refusal::coding_not_chunked},
      {post("Transfer-Encoding: chunked, identity\r\n"), 400, Refusal::coding_after_chunked},
      {post("Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n"), 400, Refusal::coding_after_chunked},
      {post("Transfer-Encoding: chunked, chunked\r\n"), 400, Refusal::coding_after_chunked},
      {post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400, Refusal::coding_after_chunked},
      {post("Transfer-Encoding: gzip, chunked\r\n"), 501, Refusal::coding_unknown},
      {post("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"), 501, Refusal::coding_unknown},
      {post("Transfer-Encoding: identity, chunked\r\n"), 501, Refusal::coding_unknown},
      // Expect.
      {get("Host: a\r\nExpect: 200-ok\r\n"), 417, Refusal::expectation_unknown},
      {post("Expect: 100-continue, x\r\nContent-Length: 1\r\n", "a"), 417, Refusal::expectation_unknown},
      // Chunks, also those that llhttp 8 lets through.
      {chunked("\r\n"), 400, Refusal::bad_chunk_size},
      {chunked("x\r\n"), 400, Refusal::bad_chunk_size},
      {chunked("-1\r\n"), 400, Refusal::bad_chunk_size},
      {chunked("0x1\r\na\r\n"), 400, Refusal::bad_chunk_size},
      {chunked("1 \r\na\r\n"), 400, Refusal::bad_chunk_size},
      {chunked("1\na\r\n"), 400, Refusal::bare_lf},
      {chunked("1\rXa\r\n"), 400, Refusal::bare_cr},
      {chunked("1;a\na\r\n"), 400, Refusal::bare_lf},
      {chunked("1;\x01\r\na\r\n"), 400, Refusal::bad_chunk_extension},
      {chunked("10000000000000001\r\na\r\n"), 400, Refusal::chunk_size_overflow},
      {chunked("1\r\nabc\r\n"), 400, Refusal::chunk_overrun},
      {chunked("1\r\na\n0\r\n"), 400, Refusal::chunk_overrun},
      {chunked("1\r\na\rX0\r\n"), 400, Refusal::chunk_overrun},
      {chunked("1\r\na0\r\n"), 400, Refusal::chunk_overrun},
      {chunked("0\r\n\n"), 400, Refusal::bare_lf},
      {chunked("0\r\n\rX"), 400, Refusal::bare_cr},
      {chunked("0\r\nA : b\r\n\r\n"), 400, Refusal::space_before_colon},
      {chunked("0\r\n folded\r\n\r\n"), 400, Refusal::folded_line},
      {chunked("0\r\nA: b\n\r\n"), 400, Refusal::bare_lf},
      {chunked("0\r\nGET / HTTP/1.1\r\n"), 400, Refusal::space_before_colon},
      {chunked("15\r\n012345678901234567890\r\n"), 413, Refusal::body_too_large},
      {chunked("FFFFFFFFFFFFFFFF\r\n"), 413, Refusal::body_too_large},
      {chunked("A\r\n0123456789\r\nB\r\n01234567890\r\n"), 413, Refusal::body_too_large},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const Result result = read_all_ways(row.text, small_limits());
    CHECK(result.event == Event::error);
    CHECK(describe(result.fault) == describe(row.fault));
    CHECK(status_of(result.fault) == row.status);
    CHECK(result.error.starts_with(describe(row.fault)));
    CHECK(result.error.find_first_of("\r\n") == std::string::npos);
  }
}

TEST_CASE("of several faults in a head the one that counts does not depend on the order of the fields") {
  struct Row {
    std::vector<std::string> lines;
    Refusal fault;
  };
  const Row rows[] = {
      {{"Host: /", "Content-Length: x", "Transfer-Encoding: gzip", "Expect: x"}, Refusal::bad_host},
      {{"Content-Length: 30", "Transfer-Encoding: gzip", "Expect: x"}, Refusal::no_host},
      {{"Host: a", "Content-Length: x", "Transfer-Encoding: gzip", "Expect: x"}, Refusal::bad_content_length},
      {{"Host: a", "Content-Length: 30", "Transfer-Encoding: gzip", "Expect: x"}, Refusal::length_and_coding},
      {{"Host: a", "Transfer-Encoding: gzip", "Expect: x"}, Refusal::coding_not_chunked},
      {{"Host: a", "Content-Length: 30", "Expect: x"}, Refusal::expectation_unknown},
      {{"Host: a", "Content-Length: 30"}, Refusal::body_too_large},
  };
  for (Row row : rows) {
    std::ranges::sort(row.lines);
    do {
      std::string fields;
      for (const std::string& line : row.lines) fields += line + "\r\n";
      CAPTURE(fields);
      RequestParser parser(small_limits());
      CHECK(parser.feed("POST / HTTP/1.1\r\n" + fields + "\r\n").event == Event::error);
      CHECK(describe(parser.error().fault) == describe(row.fault));
    } while (std::ranges::next_permutation(row.lines).found);
  }
}

TEST_CASE("pipelined messages come out one by one") {
  const std::vector<std::string> messages = {
      get("Host: a\r\n"),
      post("Content-Length: 3\r\n", "abc"),
      chunked("3\r\ndef\r\n0\r\nT: x\r\n\r\n"),
      post("Content-Length: 0\r\nConnection: close\r\n"),
      post("Connection: close\r\nContent-Length: 2\r\n", "gh"),
      post("Connection: upgrade\r\nUpgrade: x\r\nContent-Length: 2\r\n", "ij"),
      get("Connection: upgrade\r\nUpgrade: x\r\n", "GET /old HTTP/1.0"),
      "\r\n" + get("Connection: keep-alive\r\n", "GET /last HTTP/1.0"),
  };
  const std::vector<std::string> bodies = {"", "abc", "def", "", "gh", "ij", "", ""};
  std::string stream;
  for (const auto& message : messages) stream += message;
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, stream.size()}) {
    RequestParser parser(small_limits());
    std::string_view rest = stream;
    for (std::size_t i = 0; i < messages.size(); ++i) {
      CAPTURE(i);
      parser.reset();
      Event event = Event::need_more;
      std::size_t consumed = 0;
      while (!is_end(event)) {
        const auto step = parser.feed(rest.substr(0, piece));
        event = step.event;
        consumed += step.consumed;
        rest.remove_prefix(step.consumed);
      }
      CHECK(event == Event::message);
      CHECK(consumed == messages[i].size());
      CHECK(parser.message().body == bodies[i]);
    }
    CHECK(rest.empty());
  }
}

TEST_CASE("what is known on the way") {
  RequestParser parser(small_limits());
  CHECK_FALSE(parser.started());
  CHECK(parser.feed("\r\n\r").event == Event::need_more);
  CHECK_FALSE(parser.started());
  CHECK(parser.feed("\nP").event == Event::need_more);
  CHECK(parser.started());
  const std::string rest = post("Expect: 100-continue\r\nContent-Length: 4\r\n").substr(1);
  CHECK(parser.feed(rest + "ab").consumed == rest.size());
  CHECK(parser.message().method == "POST");
  CHECK(parser.expects_continue());
  CHECK(parser.body_received() == 0);
  CHECK(parser.body_remaining() == 4);
  CHECK(parser.feed("ab").event == Event::need_more);
  CHECK(parser.body_received() == 2);
  CHECK(parser.body_remaining() == 2);
  CHECK(parser.feed("cdGET").consumed == 2);
  CHECK(parser.body_remaining() == 0);
  CHECK_FALSE(parser.expects_continue());
  parser.reset();
  CHECK_FALSE(parser.started());
  CHECK(parser.body_received() == 0);
  CHECK(parser.framing() == BodyFraming::none);
  CHECK(parser.feed(chunked("")).event == Event::head);
  CHECK_FALSE(parser.expects_continue());
  CHECK(parser.body_remaining() == std::nullopt);
  parser.feed("2\r\nab\r\n");
  CHECK(parser.body_received() == 2);
  CHECK(parser.feed("0\r\n\r\n").event == Event::message);
  CHECK(parser.body_remaining() == 0);
}

TEST_CASE("HTTP/1.0 and bodiless requests never wait for 100 (Continue)") {
  RequestParser parser(small_limits());
  parser.feed("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
  CHECK_FALSE(parser.expects_continue());
  parser.reset();
  parser.feed(get("Host: a\r\nExpect: 100-continue\r\n"));
  CHECK_FALSE(parser.expects_continue());
}

TEST_CASE("a refused head leaves nothing of the request before it") {
  RequestParser parser(small_limits());
  const std::string first = post("Content-Length: 3\r\n", "abc");
  parser.feed(first);
  CHECK(parser.feed("abc").event == Event::message);
  parser.reset();
  CHECK(parser.feed(post("Content-Length: 30\r\n")).event == Event::error);
  CHECK(parser.body_received() == 0);
  CHECK(parser.body_remaining() == 30);
}

TEST_CASE("connection tokens of a request") {
  RequestParser parser(small_limits());
  parser.feed(get("Host: a\r\nConnection: keep-alive\r\nconnection:\tx-close, CLOSE\t\r\n"));
  CHECK(parser.connection_tokens() == ConnectionTokens{.close = true, .keep_alive = true});
}

TEST_CASE("the error names the fault and the byte") {
  CHECK(read_all_ways("GET / HTTP/1.1\r\nHost: a\rb", small_limits()).error == "CR without LF: \"b\" at byte 25");
  CHECK(read_all_ways("\r\nGET / HTTP/1.1\r\nHost: a\rb", small_limits()).error == "CR without LF: \"b\" at byte 27");
  CHECK(read_all_ways(chunked("1\r\nab"), small_limits()).error ==
        "chunk data is not followed by CRLF: \"b\" at byte " + std::to_string(chunked("1\r\nab").size()));
  CHECK(read_all_ways(post("Content-Length: -\x80\r\n"), small_limits()).error ==
        "Content-Length is not a number below 2^64: \"-\\x80\"");
}
