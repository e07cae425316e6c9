#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "tests/support/skip.h"

int main(int count, char** arguments) {
  return closelab::test::exit_code_with_skips(doctest::Context(count, arguments).run());
}
