#include "server/text/spelling.h"

#include <doctest/doctest.h>

namespace closelab::server {
namespace {

TEST_CASE("the edit distance counts insertions, deletions and replacements") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("port", "port") == 0);
}

TEST_CASE("the nearest candidate is suggested only when it is near") {
  CHECK(nearest_word("prot", {"port", "grace"}) == "port");
  CHECK(nearest_word("zzzz", {"port", "grace"}) == "");
  CHECK(nearest_word("x", {}) == "");
}

TEST_CASE("a word that is the beginning of a candidate stands for it") {
  CHECK(nearest_word("--idle", {"--port", "--idle-timeout"}) == "--idle-timeout");
  CHECK(nearest_word("gr", {"port", "graceful"}) == "");
}

TEST_CASE("an unknown word is told with what was meant, or else the hint") {
  CHECK(unknown_word("key", "prot", {"port", "grace"}, "see help") == "unknown key \"prot\"; did you mean \"port\"?");
  CHECK(unknown_word("key", "zzzz", {"port", "grace"}, "see help") == "unknown key \"zzzz\"; see help");
  CHECK(unknown_word("key", std::string(100'000, 'p'), {"port"}, "see help").ends_with("\"; see help"));
}

}  // namespace
}  // namespace closelab::server
