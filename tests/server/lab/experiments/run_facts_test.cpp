#include "server/lab/experiments/run_facts.h"

#include <doctest/doctest.h>

namespace closelab::lab {
namespace {

TEST_CASE("a kernel's version is its three numbers, whatever its vendor adds") {
  struct Row {
    const char* release;
    const char* version;
  };
  const Row rows[] = {{"6.1.0-18-amd64", "6.1.0"},     {"6.18.44-vendor-v669", "6.18.44"},
                      {"5.15.167.4-WSL2", "5.15.167"}, {"6.18-rc1", "6.18"},
                      {"6.18.0+", "6.18.0"},           {"", ""}};
  for (const Row& row : rows) CHECK(kernel_version(row.release) == row.version);
}

}  // namespace
}  // namespace closelab::lab
