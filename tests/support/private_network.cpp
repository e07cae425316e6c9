#include "tests/support/private_network.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "net/testbed/network.h"
#include "tests/support/skip.h"

namespace closelab::kernel_test {
namespace {

constexpr const char* inside = "CLOSELAB_KERNEL_TEST_INSIDE";

/// unshare(2) wants a single thread, and ThreadSanitizer has started one already: unshare(1) starts us anew, inside.
[[noreturn]] void start_again_inside(char** arguments) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe");
  std::vector<const char*> command{"unshare", "--user", "--map-root-user", "--net", "--", self.c_str()};
  for (char** argument = arguments + 1; *argument != nullptr; ++argument) command.push_back(*argument);
  command.push_back(nullptr);
  ::setenv(inside, "yes", 1);
  ::execvp(command[0], const_cast<char**>(command.data()));
  throw std::system_error(errno, std::generic_category(), "starting unshare(1)");
}

bool may_start_again_inside() { return std::system("unshare --user --map-root-user --net true 2>/dev/null") == 0; }

void enter_private_network(char** arguments) {
  try {
    testbed::enter_private_network();
  } catch (const std::system_error&) {
    if (::geteuid() == 0 || std::getenv(inside) != nullptr || !may_start_again_inside()) throw;
    start_again_inside(arguments);
  }
  testbed::set_ipv4_sysctl("ip_local_port_range", "1024 65535");
}

}  // namespace

int run_in_private_network(char** arguments, const std::function<int(Sniffer&)>& body) {
  std::optional<Sniffer> sniffer;
  try {
    enter_private_network(arguments);
    sniffer.emplace();
  } catch (const std::exception& error) {
    test::skip(error.what());
    return test::exit_code_with_skips(EXIT_SUCCESS);
  }
  return test::exit_code_with_skips(body(*sniffer));
}

int run_in_private_network(char** arguments, const std::function<int()>& body) {
  try {
    enter_private_network(arguments);
  } catch (const std::exception& error) {
    test::skip(error.what());
    return test::exit_code_with_skips(EXIT_SUCCESS);
  }
  return test::exit_code_with_skips(body());
}

}  // namespace closelab::kernel_test
