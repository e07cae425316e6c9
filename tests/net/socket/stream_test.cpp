#include "net/socket/stream.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "tests/net/loopback.h"

namespace closelab::net {
namespace {

/// A TCP connection whose one end is a Stream; the other is plain.
class Fixture : private Stream::Owner {
 public:
  Fixture()
      : listener_({.address = "127.0.0.1"}, {}), client(listener_.local()), accepted_(test::accept_one(listener_)) {}
  ~Fixture() {
    if (const int fd = stream.release(); fd >= 0) ::close(fd);
  }

  /// Takes in what the kernel has to tell; a loopback segment is there when its send() returns.
  void poll() { set_.wait({}); }
  void client_sends(const std::string& text, int flags = 0) const {
    REQUIRE(::send(client.fd(), text.data(), text.size(), flags) == static_cast<ssize_t>(text.size()));
  }
  std::string receive(std::size_t most = 100) {
    std::array<char, 100> buffer{};
    const IoResult result = stream.receive(std::span(buffer).first(most));
    return result.error != 0 ? "EAGAIN" : std::string(buffer.data(), result.bytes);
  }

 private:
  void stream_ready() override {
    if (stream.take_readable()) ++readable;
    if (stream.take_writable()) ++writable;
  }

  ReadySet set_;
  Listener listener_;

 public:
  test::Client client;

 private:
  Accepted accepted_;

 public:
  Stream stream{set_, accepted_.fd, *this};
  int readable = 0;
  int writable = 0;
};

TEST_CASE("a wait is told once, also when the bytes were there before it") {
  Fixture f;
  f.client_sends("one");
  CHECK(f.stream.wait_readable() == 0);
  f.poll();
  CHECK(f.readable == 1);
  f.client_sends("two");
  f.poll();
  CHECK(f.readable == 1);
  CHECK(f.stream.wait_readable() == 0);
  f.poll();
  CHECK(f.readable == 2);
  CHECK(f.receive() == "onetwo");
  CHECK(f.stream.wait_readable() == 0);
  f.poll();
  CHECK(f.readable == 2);
}

TEST_CASE("what a read left is told again") {
  Fixture f;
  f.client_sends("abcdef");
  for (const std::string part : {"abc", "def"}) {
    f.stream.wait_readable();
    f.poll();
    CHECK(f.receive(3) == part);
  }
  CHECK(f.readable == 2);
  f.stream.wait_readable();
  f.poll();
  CHECK(f.readable == 3);  // a read that fills its buffer says nothing of what is left
  CHECK(f.receive() == "EAGAIN");
  f.stream.wait_readable();
  f.poll();
  CHECK(f.readable == 3);
}

TEST_CASE("a FIN after the bytes of a short read is told") {
  for (const bool before_the_wait : {true, false}) {
    CAPTURE(before_the_wait);
    Fixture f;
    if (!before_the_wait) f.stream.wait_readable();
    f.client_sends("last");
    REQUIRE(::shutdown(f.client.fd(), SHUT_WR) == 0);
    if (before_the_wait) f.stream.wait_readable();
    f.poll();
    CHECK(f.receive() == "last");
    f.stream.wait_readable();
    f.poll();
    CHECK(f.readable == 2);
    CHECK(f.receive() == "");
  }
}

TEST_CASE("bytes after urgent data, at which a read stops short, are told") {
  Fixture f;
  f.stream.wait_readable();
  f.client_sends("beforeU", MSG_OOB);
  f.client_sends("behind");
  f.poll();
  CHECK(f.receive() == "before");
  f.stream.wait_readable();
  f.poll();
  CHECK(f.receive() == "behind");
}

TEST_CASE("room is told when the client has read") {
  Fixture f;
  std::string block(1024 * 1024, 'x');
  const iovec piece{block.data(), block.size()};
  while (f.stream.send({&piece, 1}, MoreToCome::no).error == 0) {
  }
  CHECK(f.stream.wait_writable() == 0);
  f.poll();
  CHECK(f.writable == 0);
  while (f.writable == 0) {
    REQUIRE(::recv(f.client.fd(), block.data(), block.size(), 0) > 0);
    f.poll();
  }
  CHECK(f.writable == 1);
  CHECK(f.stream.wait_writable() == 0);
  f.poll();
  CHECK(f.writable == 2);
}

TEST_CASE("a stream that was released tells nothing") {
  Fixture f;
  f.stream.wait_readable();
  const UniqueFd fd(f.stream.release());
  f.client_sends("late");
  f.poll();
  CHECK(f.readable == 0);
  CHECK_FALSE(f.stream.is_open());
}

}  // namespace
}  // namespace closelab::net
