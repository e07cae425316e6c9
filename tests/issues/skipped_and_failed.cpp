#include <doctest/doctest.h>

#include "tests/support/skip.h"

TEST_CASE("skipped") { closelab::test::skip("so that it can be seen how this ends"); }

TEST_CASE("failed") { CHECK(false); }

TEST_CASE("passed") { CHECK(true); }
