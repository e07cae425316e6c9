#include "server/lab/experiments/html_text.h"

#include <doctest/doctest.h>

namespace closelab::lab {
namespace {

TEST_CASE("text for content and attributes") {
  struct Row {
    std::string_view text;
    std::string_view expected;
  };
  const Row rows[] = {
      {"close()", "close()"},
      {"<b>&\"'", "&lt;b&gt;&amp;&quot;&#39;"},
      {"&amp;", "&amp;amp;"},
      {"two\n\tlines", "two\n\tlines"},
      {"bell\x07 delete\x7f", "bell\uFFFD delete\uFFFD"},
      {"\u2026 as it is", "\u2026 as it is"},
      {"", ""},
  };
  for (const Row& row : rows) CHECK(escaped(row.text) == row.expected);
}

TEST_CASE("ids") {
  CHECK(anchor("g-reuse_address.2") == "g-reuse_address.2");
  CHECK(anchor("my \"own\" <test>") == "my--own---test-");
}

TEST_CASE("text that is too long ends with an ellipsis") {
  struct Row {
    std::string_view text;
    std::size_t characters;
    std::string_view expected;
  };
  const Row rows[] = {
      {"close()", 7, "close()"},
      {"close()", 6, "close\u2026"},
      {"\u00e4\u00f6\u00fc", 3, "\u00e4\u00f6\u00fc"},
      {"\u00e4\u00f6\u00fc", 2, "\u00e4\u2026"},
      {"", 2, ""},
  };
  for (const Row& row : rows) CHECK(shortened(row.text, row.characters) == row.expected);
}

}  // namespace
}  // namespace closelab::lab
