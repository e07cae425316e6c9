#include "server/lab/audit/browser_client.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace closelab::lab {
namespace {

bool has(const std::vector<std::string>& words, const std::string& word) {
  return std::ranges::find(words, word) != words.end();
}

TEST_CASE("a browser has no window and a profile of its own; options of the user's are in place of the former") {
  const auto words = browser_command({"chromium"}, "/tmp/profile", "http://127.0.0.1:1/");
  CHECK(words.front() == "chromium");
  CHECK(has(words, "--headless=new"));
  CHECK(has(words, "--user-data-dir=/tmp/profile"));
  CHECK(words.back() == "http://127.0.0.1:1/");
  const auto with_window = browser_command({"chromium", "--start-maximized"}, "/tmp/profile", "http://127.0.0.1:1/");
  CHECK(has(with_window, "--start-maximized"));
  CHECK_FALSE(has(with_window, "--headless=new"));
}

}  // namespace
}  // namespace closelab::lab
