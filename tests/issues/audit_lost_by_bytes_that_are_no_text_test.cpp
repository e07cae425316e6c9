// What a client said that is not UTF-8 ended the audit when it was to be written down: no card, no report. And markup
// in a client's name was markup in the page.

#include <doctest/doctest.h>

#include <string>

#include "server/lab/page/markup_text.h"
#include "server/lab/page/report.h"

namespace closelab::lab {
namespace {

TEST_CASE("markup has only what is UTF-8 and a character, and a title no elements") {
  CHECK(markup_text("caf\xc3\xa9 \xff <b a=\"1\">&\n\xef\xbf\xbf") ==
        "caf\xc3\xa9 \\xff &lt;b a=&quot;1&quot;&gt;&amp;\\x0a\\xef\\xbf\\xbf");
  const std::string page = report_page("</title><img>", "{}");
  CHECK(page.find("<title>&lt;/title&gt;&lt;img&gt;</title>") != std::string::npos);
}

}  // namespace
}  // namespace closelab::lab
