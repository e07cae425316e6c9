#include "net/kernel/process.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sstream>

#include "tests/net/connection.h"

namespace closelab::net::test {
namespace {

TEST_CASE("the process that has an end of a connection is found, whichever end it is") {
  for (const Path& path : paths()) {
    CAPTURE(path.listen);
    const Listener listener({.address = path.listen}, {});
    const Connection connection(listener, path.connect);
    for (const TcpTuple& end : {connection.tuple(), connection.tuple().swapped()}) {
      const std::vector<Process> found = processes_of(end);
      REQUIRE(found.size() == 1);
      CHECK(found[0].pid == ::getpid());
      CHECK(found[0].name == "net_test");
    }
  }
}

TEST_CASE("an end that several processes have inherited is all of theirs") {
  const Listener listener({}, {});
  const Connection connection(listener);
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const UniqueFd wait(ends[0]);
  UniqueFd release(ends[1]);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(release.get());
    char byte = 0;
    ::_exit(static_cast<int>(::read(wait.get(), &byte, 1)));
  }
  const std::vector<Process> found = processes_of(connection.tuple().swapped());
  release.reset();
  ::waitpid(child, nullptr, 0);
  REQUIRE(found.size() == 2);
  CHECK((found[0].pid == child || found[1].pid == child));
  CHECK(found[0].pid < found[1].pid);
}

TEST_CASE("nobody has a connection that only the kernel has, or that there is not") {
  const Listener listener({}, {});
  Connection connection(listener);
  connection.end();
  CHECK(processes_of(connection.tuple()).empty());
  CHECK(processes_of(connection.tuple().swapped()).empty());
  CHECK(processes_of(0).empty());
}

TEST_CASE("a process prints as its name and id") {
  std::ostringstream text;
  text << Process{4711, "curl"};
  CHECK(text.str() == "curl (pid 4711)");
}

}  // namespace
}  // namespace closelab::net::test
