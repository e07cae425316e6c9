#include "server/connection/output.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <string>

#include "net/socket/unique_fd.h"

namespace closelab::server {
namespace {

using Result = Output::Result;

/// The two ends of a connection.
class Ends {
 public:
  Ends() {
    std::array<int, 2> fds{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()) == 0);
    ours = net::UniqueFd(fds[0]);
    theirs = net::UniqueFd(fds[1]);
  }

  net::UniqueFd ours;
  net::UniqueFd theirs;
};

/// An output with a socket that takes its bytes; the other end reads only when told to.
class Fixture : private net::Stream::Owner {
 public:
  Result write() { return output.write(stream_, net::MoreToCome::no); }

  /// Writes and reads in turn until the output is through; all that arrived.
  std::string pass(Result& result) {
    std::string arrived;
    do {
      result = write();
      arrived += read();
    } while (result == Result::blocked);
    return arrived;
  }

  std::string read() {
    std::string all;
    std::array<char, 64 * 1024> piece;
    ssize_t bytes = 0;
    while ((bytes = ::recv(ends_.theirs.get(), piece.data(), piece.size(), 0)) > 0) {
      all.append(piece.data(), static_cast<std::size_t>(bytes));
    }
    return all;
  }
  void hang_up() { ends_.theirs.reset(); }

  Output output;

 private:
  void stream_ready() override {}

  Ends ends_;
  net::ReadySet ready_set_;
  net::Stream stream_{ready_set_, ends_.ours.get(), *this};
};

/// Gives `total` bytes in pieces of at most `piece`; counts what it is asked for.
struct Source {
  std::size_t total;
  std::size_t piece;
  std::size_t* largest_request = nullptr;

  void operator()(std::string& to, std::size_t max) {
    if (largest_request != nullptr) *largest_request = std::max(*largest_request, max);
    const std::size_t bytes = std::min({total, piece, max});
    to.append(bytes, 'x');
    total -= bytes;
  }
};

TEST_CASE("a head with a body of any size arrives whole and in order") {
  for (const std::size_t size : {0, 1, 4096, 4097, 100'000, 5'000'000}) {
    CAPTURE(size);
    Fixture f;
    f.output.buffer() = "head ";
    f.output.add_body(std::string(size, 'b'));
    CHECK_FALSE(f.output.empty());
    Result result{};
    CHECK((f.pass(result) == "head " + std::string(size, 'b')));
    CHECK(result == Result::flushed);
    CHECK(f.output.empty());
    CHECK(f.output.written() == size + 5);
  }
}

TEST_CASE("pipelined responses gather in the buffer; a large body must be flushed first") {
  Fixture f;
  f.output.buffer() += "one ";
  f.output.add_body("small ");
  CHECK_FALSE(f.output.has_body());
  f.output.buffer() += "two ";
  f.output.add_body(std::string(5000, 'b'));
  CHECK(f.output.has_body());
  Result result{};
  CHECK((f.pass(result) == "one small two " + std::string(5000, 'b')));
  CHECK_FALSE(f.output.has_body());
}

TEST_CASE("a reader that takes nothing blocks the output, and bounds what is taken from the source") {
  Fixture f;
  std::size_t largest = 0;
  f.output.add_source(Source{std::size_t{1} << 30, std::size_t{1} << 30, &largest}, std::nullopt, true);
  CHECK(f.write() == Result::blocked);
  const std::uint64_t before = f.output.written();
  CHECK(f.write() == Result::blocked);
  CHECK(f.output.written() == before);
  CHECK(f.output.memory() <= 4 * 64 * 1024);
  CHECK(f.output.take_streamed() <= before);
  CHECK(largest == 64 * 1024);
}

TEST_CASE("a streamed body with a length") {
  const struct {
    const char* what;
    std::size_t length;
    std::size_t given;
    std::size_t piece;
    Result result;
  } rows[] = {
      {"nothing", 0, 10, 10, Result::flushed},
      {"one piece", 10, 10, 10, Result::flushed},
      {"byte by byte", 1000, 1000, 1, Result::flushed},
      {"large", 1'000'000, 1'000'000, 70'000, Result::flushed},
      {"the source has more, which nobody asks for", 10, 1000, 1000, Result::flushed},
      {"the source ends early", 1000, 999, 100, Result::incomplete},
      {"the source has nothing", 1000, 0, 100, Result::incomplete},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Fixture f;
    f.output.buffer() = "head ";
    f.output.add_source(Source{row.given, row.piece}, row.length, false);
    Result result{};
    CHECK((f.pass(result) == "head " + std::string(std::min(row.given, row.length), 'x')));
    CHECK(result == row.result);
    CHECK(f.output.take_streamed() == std::min(row.given, row.length));
    CHECK(f.output.take_streamed() == 0);
  }
}

TEST_CASE("a streamed body without a length") {
  Result result{};
  SUBCASE("in chunks") {
    Fixture f;
    f.output.add_source(Source{20, 16}, std::nullopt, true);
    CHECK(f.pass(result) == "10\r\n" + std::string(16, 'x') + "\r\n4\r\nxxxx\r\n0\r\n\r\n");
  }
  SUBCASE("empty, in chunks") {
    Fixture f;
    f.output.add_source(Source{0, 16}, std::nullopt, true);
    CHECK(f.pass(result) == "0\r\n\r\n");
  }
  SUBCASE("to the end of the connection") {
    Fixture f;
    f.output.add_source(Source{20, 16}, std::nullopt, false);
    CHECK(f.pass(result) == std::string(20, 'x'));
    CHECK(f.output.empty());
  }
  CHECK(result == Result::flushed);
}

TEST_CASE("a source that breaks its contract leaves the response incomplete, and what it gave out of it") {
  Fixture f;
  f.output.buffer() = "head ";
  Result result{};
  SUBCASE("throws") {
    f.output.add_source([](std::string&, std::size_t) { throw std::runtime_error("gone"); }, 10, false);
  }
  SUBCASE("throws what is no exception") {
    f.output.add_source([](std::string&, std::size_t) { throw 1; }, std::nullopt, true);
  }
  SUBCASE("gives more than asked for") {
    f.output.add_source([](std::string& to, std::size_t max) { to.append(max + 1, 'x'); }, 10, false);
  }
  CHECK(f.pass(result) == "head ");
  CHECK(result == Result::incomplete);
}

TEST_CASE("a peer that is gone is a failure with its errno") {
  Fixture f;
  f.output.buffer() = "head";
  f.hang_up();
  CHECK(f.write() == Result::failed);
  CHECK(f.output.error() == EPIPE);
}

TEST_CASE("reset forgets what was queued") {
  Fixture f;
  f.output.buffer() = "head";
  f.output.add_body(std::string(5000, 'x'));
  f.output.add_source(Source{10, 10}, 10, false);
  f.output.reset();
  CHECK(f.output.empty());
  CHECK_FALSE(f.output.has_body());
  CHECK(f.output.written() == 0);
  CHECK(f.write() == Result::flushed);
  CHECK(f.read() == "");
}

}  // namespace
}  // namespace closelab::server
