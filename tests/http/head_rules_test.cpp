#include "http/head_rules.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "http/characters.h"

using namespace closelab;
using namespace closelab::http;
using namespace std::string_literals;

namespace {

struct Row {
  std::string line;
  Refusal fault;
  /// The line's end, or the byte at fault.
  std::size_t byte;
};

// The answer comes with that byte and not before, and what follows it makes no difference.
template <typename Judge, std::size_t N>
void check_rows(const Row (&rows)[N], Judge judge) {
  for (const Row& row : rows) {
    CAPTURE(row.line);
    const std::string_view text = row.line;
    for (std::size_t size = 0; size < row.byte; ++size) {
      CAPTURE(size);
      CHECK(describe(judge(text.substr(0, size)).fault) == describe(Refusal::none));
      CHECK(judge(text.substr(0, size)).size == 0);
    }
    for (const std::string& whole : {row.line.substr(0, row.byte), row.line, row.line + "more\r\n"}) {
      CHECK(describe(judge(whole).fault) == describe(row.fault));
      CHECK(judge(whole).size == row.byte);
    }
  }
}

}  // namespace

TEST_CASE("request lines") {
  const Row rows[] = {
      {"GET / HTTP/1.1\r\n", Refusal::none, 16},
      {"GET / HTTP/1.0\r\n", Refusal::none, 16},
      {"GET / HTTP/1.9\r\n", Refusal::none, 16},
      {"M-~!#$%&'*+-.^_`| / HTTP/1.1\r\n", Refusal::none, 30},
      {"GET /a\"<>\\^`{|}~%aF HTTP/1.1\r\n", Refusal::none, 30},
      {"GET /%zz HTTP/1.1\r\n", Refusal::bad_percent_encoding, 7},
      {"GET /%2z HTTP/1.1\r\n", Refusal::bad_percent_encoding, 8},
      {"GET /%20%% HTTP/1.1\r\n", Refusal::bad_percent_encoding, 10},
      {"GET /% HTTP/1.1\r\n", Refusal::bad_percent_encoding, 7},
      {"GET /?a=%2 HTTP/1.1\r\n", Refusal::bad_percent_encoding, 11},
      {"GET /%2\r\n", Refusal::bad_percent_encoding, 8},
      {std::string(32, 'M') + " / HTTP/1.1\r\n", Refusal::none, 45},
      {std::string(33, 'M'), Refusal::method_too_long, 33},
      {std::string(33, 'M') + " / HTTP/1.1\r\n", Refusal::method_too_long, 33},
      {"\x16\x03\x01", Refusal::tls_handshake, 1},
      {"G\x16", Refusal::bad_method, 2},
      {" GET / HTTP/1.1\r\n", Refusal::bad_method, 1},
      {"\tGET", Refusal::bad_method, 1},
      {"\0"s, Refusal::bad_method, 1},
      {"\x80", Refusal::bad_method, 1},
      {"{\"json\": 1}", Refusal::bad_method, 1},
      {"GE(T / HTTP/1.1\r\n", Refusal::bad_method, 3},
      {"GET\t/ HTTP/1.1\r\n", Refusal::bad_method, 4},
      {"GET\n", Refusal::bare_lf, 4},
      {"GET\r\n", Refusal::no_target, 4},
      {"GET  / HTTP/1.1\r\n", Refusal::extra_space, 5},
      {"GET /  HTTP/1.1\r\n", Refusal::extra_space, 7},
      {"GET \r\n", Refusal::no_target, 5},
      {"GET /\r\n", Refusal::no_version, 6},
      {"GET /\n", Refusal::bare_lf, 6},
      {"GET /a\tb HTTP/1.1\r\n", Refusal::bad_target, 7},
      {"GET /a\0b HTTP/1.1\r\n"s, Refusal::bad_target, 7},
      {"GET /\xc3\xa4 HTTP/1.1\r\n", Refusal::bad_target, 6},
      {"GET /\x7f HTTP/1.1\r\n", Refusal::bad_target, 6},
      {"GET /#top HTTP/1.1\r\n", Refusal::bad_target, 6},
      {"GET / http/1.1\r\n", Refusal::bad_version, 7},
      {"GET / HTTP/1\r\n", Refusal::no_minor_version, 13},
      {"GET / HTTP/1.\r\n", Refusal::bad_version, 14},
      {"GET / HTTP/1.10\r\n", Refusal::bad_version, 15},
      {"GET / HTTP/11.1\r\n", Refusal::bad_version, 13},
      {"GET / HTTP/1,1\r\n", Refusal::bad_version, 13},
      {"GET / HTTP/a.1\r\n", Refusal::bad_version, 12},
      {"GET / HTTP/ 1.1\r\n", Refusal::bad_version, 12},
      {"GET / HTTP/1.1 \r\n", Refusal::bad_version, 15},
      {"GET / x HTTP/1.1\r\n", Refusal::bad_version, 7},
      {"GET / \r\n", Refusal::bad_version, 7},
      {"GET / HTTP/1.1\n", Refusal::bare_lf, 15},
      {"GET / HTTP/1.1\rX", Refusal::bare_cr, 16},
      {"GET / HTTP/1.1\r\r\n", Refusal::bare_cr, 16},
      {"GET / HTTP/2.0\r\n", Refusal::version_unsupported, 16},
      {"PRI * HTTP/2.0\r\n", Refusal::http_2_preface, 16},
      {"GET / HTTP/0.9\r\n", Refusal::version_unsupported, 16},
      {"GET / HTTP/9.1\r\n", Refusal::version_unsupported, 16},
      {"GET /0123456789012345678901234 HTTP/1.1\r\n", Refusal::none, 41},
      {"GET /01234567890123456789012345 HTTP/1.1\r\n", Refusal::target_too_long, 31},
  };
  check_rows(rows, [](std::string_view text) { return judge_request_line(text, 26); });
}

TEST_CASE("a request line's parts, as far as they are there") {
  struct Parts {
    std::string text, method, target, version;
  };
  const Parts rows[] = {
      {"", "", "", ""},
      {"OPTIONS", "", "", ""},
      {"OPTIONS ", "OPTIONS", "", ""},
      {"OPTIONS /a", "OPTIONS", "/a", ""},
      {"OPTIONS /a?b ", "OPTIONS", "/a?b", ""},
      {"OPTIONS /a?b HTTP/1.1", "OPTIONS", "/a?b", ""},
      {"OPTIONS /a?b HTTP/1.1\r\nmore", "OPTIONS", "/a?b", "HTTP/1.1"},
      {"OPTIONS /a?b HTTP/1.7\r\nmore", "OPTIONS", "/a?b", "HTTP/1.7"},
      {"OPTIONS /a?b HTTP/3.7\r\nmore", "OPTIONS", "/a?b", "HTTP/3.7"},
      {"OPTIONS /a?b HTTP/2\r\n", "OPTIONS", "/a?b", "HTTP/2"},
      {"OPTIONS /a?b HTTP/1.10\r\n", "OPTIONS", "/a?b", ""},
      {"OPTIONS /a\tb HTTP/1.1\r\n", "OPTIONS", "/a", ""},
      {"OPT\tONS /a HTTP/1.1\r\n", "", "", ""},
  };
  for (const Parts& row : rows) {
    CAPTURE(row.text);
    const RequestLine line = judge_request_line(row.text, 100);
    CHECK(line.method == row.method);
    CHECK(line.target == row.target);
    CHECK(line.version == row.version);
  }
}

TEST_CASE("field lines") {
  const Row rows[] = {
      {"Host: a\r\n", Refusal::none, 9},
      {"a:\r\n", Refusal::none, 4},
      {"a: \t \r\n", Refusal::none, 7},
      {"a:b\tc \x80\xff\r\n", Refusal::none, 10},
      {"!#$%&'*+-.^_`|~09azAZ:x\r\n", Refusal::none, 25},
      {"\r\n", Refusal::none, 2},
      {" a: b\r\n", Refusal::folded_line, 1},
      {"\ta: b\r\n", Refusal::folded_line, 1},
      {": b\r\n", Refusal::empty_field_name, 1},
      {"a : b\r\n", Refusal::space_before_colon, 2},
      {"a\t: b\r\n", Refusal::space_before_colon, 2},
      {"a b: c\r\n", Refusal::space_before_colon, 2},
      {"a\r\n", Refusal::no_colon, 2},
      {"a\n", Refusal::bare_lf, 2},
      {"\n", Refusal::bare_lf, 1},
      {"\rX", Refusal::bare_cr, 2},
      {"a(b: c\r\n", Refusal::bad_field_name, 2},
      {"\"a\": c\r\n", Refusal::bad_field_name, 1},
      {"\xc3\xa4: c\r\n", Refusal::bad_field_name, 1},
      {"a\0: c\r\n"s, Refusal::bad_field_name, 2},
      {"a: b\n", Refusal::bare_lf, 5},
      {"a: b\rc\r\n", Refusal::bare_cr, 6},
      {"a: b\r\r\n", Refusal::bare_cr, 6},
      {"a: \0\r\n"s, Refusal::bad_field_value, 4},
      {"a: \x01\r\n", Refusal::bad_field_value, 4},
      {"a: \x0b\r\n", Refusal::bad_field_value, 4},
      {"a: \x0c\r\n", Refusal::bad_field_value, 4},
      {"a: \x1f\r\n", Refusal::bad_field_value, 4},
      {"a: \x7f\r\n", Refusal::bad_field_value, 4},
  };
  check_rows(rows, judge_field_line);
}

TEST_CASE("every byte in a field line is judged by its class") {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    CAPTURE(byte);
    const bool letter_or_digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool token = byte != 0 && (letter_or_digit || "!#$%&'*+-.^_`|~"s.find(c) != std::string::npos);
    CHECK((judge_field_line("x"s + c).fault == Refusal::none) == (token || c == ':'));
    const bool value = c == '\t' || (byte >= 0x20 && byte != 0x7f);
    CHECK((judge_field_line("x:"s + c).fault == Refusal::none) == (value || c == '\r'));
  }
}

TEST_CASE("chunk size lines") {
  const Row rows[] = {
      {"0\r\n", Refusal::none, 3},
      {"1a\r\n", Refusal::none, 4},
      {"FFFFFFFFFFFFFFFF\r\n", Refusal::none, 18},
      {std::string(63, '0') + "F\r\n", Refusal::none, 66},
      {std::string(65, '0') + "\r\n", Refusal::chunk_size_overflow, 65},
      {"0FFFFFFFFFFFFFFFF0\r\n", Refusal::chunk_size_overflow, 18},
      {"10000000000000000\r\n", Refusal::chunk_size_overflow, 17},
      {"5;name=value\r\n", Refusal::none, 14},
      {"5;\r\n", Refusal::empty_chunk_extension, 3},
      {"5; \t\r\n", Refusal::empty_chunk_extension, 5},
      {"5;;a\r\n", Refusal::empty_chunk_extension, 3},
      {"5;=a\r\n", Refusal::empty_chunk_extension, 3},
      {"5;a;\r\n", Refusal::empty_chunk_extension, 5},
      {"5;a=\"b;\";\r\n", Refusal::empty_chunk_extension, 10},
      {"5;a=\"b;\"\r\n", Refusal::none, 10},
      {"5;a=\"\\\";\"\r\n", Refusal::none, 11},
      {"5; a = b ; c\r\n", Refusal::none, 14},
      {"5 \t;a=\"b;c\"\r\n", Refusal::none, 13},
      {"\r\n", Refusal::bad_chunk_size, 1},
      {";a\r\n", Refusal::bad_chunk_size, 1},
      {" 5\r\n", Refusal::bad_chunk_size, 1},
      {"5 \r\n", Refusal::bad_chunk_size, 3},
      {"5 5\r\n", Refusal::bad_chunk_size, 3},
      {"+5\r\n", Refusal::bad_chunk_size, 1},
      {"-5\r\n", Refusal::bad_chunk_size, 1},
      {"0x5\r\n", Refusal::bad_chunk_size, 2},
      {"5g\r\n", Refusal::bad_chunk_size, 2},
      {"5_0\r\n", Refusal::bad_chunk_size, 2},
      {"5\n", Refusal::bare_lf, 2},
      {"\n", Refusal::bare_lf, 1},
      {"5 \n", Refusal::bare_lf, 3},
      {"5;a\n", Refusal::bare_lf, 4},
      {"5\rX", Refusal::bare_cr, 3},
      {"5;a\rX", Refusal::bare_cr, 5},
      {"5;a\0\r\n"s, Refusal::bad_chunk_extension, 4},
      {"5;a\x7f\r\n", Refusal::bad_chunk_extension, 4},
  };
  check_rows(rows, judge_chunk_size_line);
}

TEST_CASE("chunk sizes") {
  struct SizeRow {
    std::string line;
    std::uint64_t size;
  };
  const SizeRow rows[] = {
      {"0\r\n", 0},
      {"00A9;b1\r\n", 0xa9},
      {"123456789abcdefF\r\n", 0x123456789abcdeff},
      {"FFFFFFFFFFFFFFFF\r\n", 0xffffffffffffffff},
  };
  for (const SizeRow& row : rows) {
    CAPTURE(row.line);
    const ChunkSizeLine line = judge_chunk_size_line(row.line);
    CHECK(line.size == row.line.size());
    CHECK(line.chunk_bytes == row.size);
  }
}

TEST_CASE("methods and the targets that go with them") {
  struct TargetRow {
    std::string_view method, target;
    Refusal fault;
  };
  constexpr TargetRow rows[] = {
      {"GET", "/", Refusal::none},
      {"HEAD", "/a", Refusal::none},
      {"POST", "/a", Refusal::none},
      {"PUT", "/a", Refusal::none},
      {"DELETE", "/a", Refusal::none},
      {"TRACE", "/a", Refusal::method_unknown},
      {"PATCH", "/a", Refusal::none},
      {"OPTIONS", "*", Refusal::none},
      {"OPTIONS", "/", Refusal::none},
      {"GET", "*", Refusal::target_form},
      {"OPTIONS", "**", Refusal::target_form},
      {"CONNECT", "a:443", Refusal::method_unknown},
      {"CONNECT", "/", Refusal::method_unknown},
      {"PURGE", "/", Refusal::method_unknown},
      {"get", "/", Refusal::method_unknown},
      {"GETT", "/", Refusal::method_unknown},
      {"GE", "/", Refusal::method_unknown},
      {"GET", "//a", Refusal::none},
      {"GET", "http://a", Refusal::none},
      {"GET", "http://a/", Refusal::none},
      {"GET", "HTTP://a:80/b?c", Refusal::none},
      {"GET", "http://[::1]:8080/", Refusal::none},
      {"GET", "http://a?b", Refusal::none},
      {"GET", "http://", Refusal::target_form},
      {"GET", "http:///a", Refusal::target_form},
      {"GET", "http://:80/", Refusal::target_form},
      {"GET", "http://a:b/", Refusal::target_form},
      {"GET", "http://user@a/", Refusal::target_form},
      {"GET", "http:/a", Refusal::target_form},
      {"GET", "https://a/", Refusal::target_form},
      {"GET", "ftp://a/", Refusal::target_form},
      {"GET", "a", Refusal::target_form},
      {"GET", "a:80", Refusal::target_form},
      {"GET", "?a", Refusal::target_form},
  };
  for (const TargetRow& row : rows) {
    CAPTURE(row.method);
    CAPTURE(row.target);
    CHECK(describe(check_request_line(row.method, row.target)) == describe(row.fault));
  }
}

TEST_CASE("path and query of a target") {
  struct PartsRow {
    std::string_view target, path, query;
  };
  constexpr PartsRow rows[] = {
      {"/", "/", ""},
      {"/a/b", "/a/b", ""},
      {"/a?b=c", "/a", "b=c"},
      {"/a?", "/a", ""},
      {"/?a?b", "/", "a?b"},
      {"//a/b", "//a/b", ""},
      {"/%2F?%3F", "/%2F", "%3F"},
      {"*", "/", ""},
      {"http://a", "/", ""},
      {"http://a/", "/", ""},
      {"http://a:80/b?c", "/b", "c"},
      {"http://a?c/d", "/", "c/d"},
      {"HTTP://[::1]/b", "/b", ""},
  };
  for (const PartsRow& row : rows) {
    CAPTURE(row.target);
    CHECK(split_target(row.target).path == row.path);
    CHECK(split_target(row.target).query == row.query);
  }
}

TEST_CASE("every fault has a status that refuses and words of its own") {
  std::set<std::string_view> words;
  const int last = static_cast<int>(Refusal::chunk_framing_too_large);
  for (int i = 1; i <= last; ++i) {
    const auto fault = static_cast<Refusal>(i);
    words.insert(describe(fault));
    CHECK(status_of(fault) >= 400);
    CHECK(status_of(fault) < 600);
  }
  CHECK(words.size() == static_cast<std::size_t>(last));
  CHECK(status_of(Refusal::none) == 0);
}

TEST_CASE("errors are one line of printable ASCII") {
  CHECK(error_at(Refusal::bare_cr, 'x', 37).text == "CR without LF: \"x\" at byte 37");
  CHECK(error_at(Refusal::bad_field_name, '\0', 1).text == "invalid byte in a field name: \"\\x00\" at byte 1");
  CHECK(error_in(Refusal::no_host, {}).text == "an HTTP/1.1 request needs a Host field");
  CHECK(error_in(Refusal::method_unknown, "a\"\\\r\n\xff").text ==
        "the method is not implemented: \"a\\\"\\\\\\x0d\\x0a\\xff\"");
  CHECK(error_in(Refusal::bad_host, std::string(61, 'a')).text.ends_with(std::string(60, 'a') + "...\""));
  CHECK(error_in(Refusal::bad_host, std::string(60, 'a')).text.ends_with(std::string(60, 'a') + "\""));
}
