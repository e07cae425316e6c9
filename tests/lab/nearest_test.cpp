#include "server/lab/nearest.h"

#include <doctest/doctest.h>

namespace closelab::lab {
namespace {

TEST_CASE("the edit distance counts insertions, deletions and replacements") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("port", "port") == 0);
}

TEST_CASE("the nearest candidate is suggested only when it is near") {
  CHECK(nearest("prot", {"port", "grace"}) == "port");
  CHECK(nearest("zzzz", {"port", "grace"}) == "");
  CHECK(nearest("x", {}) == "");
}

}  // namespace
}  // namespace closelab::lab
