#include "tests/support/private_child.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <iostream>

#include "net/testbed/network.h"
#include "tests/support/skip.h"

namespace closelab::test {

bool holds_in_private_network(const std::function<bool()>& body) {
  constexpr int not_allowed = 2;
  std::cout << std::flush;  // or the child prints it, too
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      testbed::enter_private_network();
      ::_exit(body() ? EXIT_SUCCESS : EXIT_FAILURE);
    } catch (const std::exception& error) {
      std::cout << error.what() << std::endl;
      ::_exit(not_allowed);
    }
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
  if (code == not_allowed) skip("no private network, or not what is needed in it");
  return code != EXIT_FAILURE;
}

}  // namespace closelab::test
