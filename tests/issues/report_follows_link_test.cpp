// Reports and captures were written through symbolic links, and for everybody to read.

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <system_error>

#include "net/capture/pcapng.h"

namespace closelab::capture {
namespace {

TEST_CASE("what holds what people sent is its owner's alone, and is not written through a link") {
  std::string folder = "/tmp/closelab-test-XXXXXX";
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const std::string file = folder + "/report.html";
  const std::string link = folder + "/link.html";
  const mode_t before = ::umask(0);
  write_private_file(file, "page");
  ::umask(before);
  struct stat status {};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK(status.st_size == 4);
  REQUIRE(::symlink(file.c_str(), link.c_str()) == 0);
  CHECK_THROWS_AS(open_private_file(link), std::system_error);
  REQUIRE(::stat(file.c_str(), &status) == 0);
  CHECK(status.st_size == 4);
  ::unlink(link.c_str());
  ::unlink(file.c_str());
  ::rmdir(folder.c_str());
}

}  // namespace
}  // namespace closelab::capture
