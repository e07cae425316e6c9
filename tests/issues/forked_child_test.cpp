// A child of fork() that came to the end of main() waited for ever in ~Server, for threads that only its parent has.

#include <sys/wait.h>
#include <unistd.h>

#include <memory>

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

TEST_CASE("a child of fork() destroys and stops a server without touching the parent's") {
  auto server = std::make_unique<TestServer>();
  Client client(*server);
  CHECK(client.exchange(get("/")).status == 200);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::alarm(20);  // the default of SIGALRM ends it
    server->stop();
    server.reset();
    ::_exit(7);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 7);
  CHECK(client.exchange(get("/")).status == 200);
  CHECK(Client(*server).exchange(get("/")).status == 200);
}

}  // namespace
}  // namespace closelab::loopback
