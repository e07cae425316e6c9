#include "net/socket/handed_over.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "net/socket/listener.h"
#include "tests/net/loopback.h"

namespace closelab::net::test {
namespace {

std::string refusal(int fd) {
  try {
    require_listening(fd);
    return "";
  } catch (const ListenError& error) {
    return error.what();
  }
}

TEST_CASE("only a TCP socket that listens can be handed over; the error says what it is instead") {
  const UniqueFd file(::open("/dev/null", O_RDWR | O_CLOEXEC));
  const UniqueFd udp(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const UniqueFd local(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const UniqueFd idle(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const Listener listener({}, {});
  const Client client(listener.local());
  const UniqueFd connection(accept_one(listener).fd);
  struct Row {
    int fd;
    const char* says;
  };
  const Row rows[] = {
      {-1, "not open"},
      {file.get(), "no socket"},
      {udp.get(), "not of TCP"},
      {local.get(), "not of TCP"},
      {idle.get(), "does not listen"},
      {connection.get(), "does not listen"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.says);
    const std::string text = refusal(row.fd);
    CAPTURE(text);
    CHECK(text.find(row.says) != std::string::npos);
    CHECK(text.find("descriptor " + std::to_string(row.fd)) == 0);
    CHECK_THROWS_AS(Listener({.fd = row.fd}, {}), ListenError);
  }
  CHECK(refusal(listener.fd()).empty());
}

TEST_CASE("a socket that is handed over is listened on through a duplicate, whatever else the options say") {
  const Listener owner({.address = "127.0.0.2"}, {});
  Listener taken({.address = "127.0.0.1", .port = 1, .fd = owner.fd()}, {});
  CHECK(taken.fd() != owner.fd());
  CHECK(taken.local() == owner.local());
  CHECK((::fcntl(taken.fd(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK((::fcntl(taken.fd(), F_GETFL) & O_NONBLOCK) != 0);
  const Client client(owner.local());
  const UniqueFd server(accept_one(taken).fd);
  CHECK(server.get() >= 0);
  taken.close();
  CHECK(refusal(owner.fd()).empty());
}

}  // namespace
}  // namespace closelab::net::test
