#include "closelab/process.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "tests/net/connection.h"

namespace closelab::net::test {
namespace {

std::uint32_t inode_of(int fd) {
  struct stat status {};
  REQUIRE(::fstat(fd, &status) == 0);
  return static_cast<std::uint32_t>(status.st_ino);
}

TEST_CASE("a socket's process is known by its inode, as long as it has the descriptor") {
  const Listener listener({}, {});
  std::uint32_t inode = 0;
  {
    const Connection connection(listener, "127.0.0.1");
    inode = inode_of(connection.client.fd());
    const auto found = process_of(inode);
    REQUIRE(found);
    CHECK(found->pid == ::getpid());
    std::ifstream file("/proc/self/comm");
    std::string name;
    std::getline(file, name);
    CHECK(found->name == name);
  }
  CHECK_FALSE(process_of(inode));
}

TEST_CASE("no inode, no process") { CHECK_FALSE(process_of(0)); }

}  // namespace
}  // namespace closelab::net::test
