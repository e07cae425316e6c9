#include "server/text/printable.h"

#include <doctest/doctest.h>

namespace closelab::server {
namespace {

TEST_CASE("texts are made safe to show") {
  struct Row {
    std::string_view text;
    std::string_view utf8;
    std::string_view ascii;
  };
  const Row rows[] = {
      {"plain ~", "plain ~", "plain ~"},
      {"\x1b[2J\n\x7f", "\\x1b[2J\\x0a\\x7f", "\\x1b[2J\\x0a\\x7f"},
      {"caf\xc3\xa9", "caf\xc3\xa9", "caf\\xc3\\xa9"},
      {"\xe2\x80\xae", "\\xe2\\x80\\xae", "\\xe2\\x80\\xae"},  // right-to-left override
      {"\xe2\x81\xa6", "\\xe2\\x81\\xa6", "\\xe2\\x81\\xa6"},  // left-to-right isolate
      {"\xc2\x9b", "\\xc2\\x9b", "\\xc2\\x9b"},                // CSI in one character
      {"\xff\xc3", "\\xff\\xc3", "\\xff\\xc3"},
      {"\xc0\x9b", "\\xc0\\x9b", "\\xc0\\x9b"},                // overlong
      {"\xed\xa0\x80", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80"},  // a surrogate
      {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", "\\xf0\\x9f\\x98\\x80"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.utf8);
    CHECK(printable_text(row.text, Charset::utf8) == row.utf8);
    CHECK(printable_text(row.text, Charset::ascii) == row.ascii);
    CHECK(printable(row.text) == row.ascii);
  }
}

TEST_CASE("texts are cut to columns") {
  CHECK(cut_to("abcdef", 6) == "abcdef");
  CHECK(cut_to("abcdef", 5) == "ab...");
  CHECK(cut_to("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 4) == "\xc3\xa9...");
}

}  // namespace
}  // namespace closelab::server
