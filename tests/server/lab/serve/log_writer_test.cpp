#include "server/lab/serve/log_writer.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <future>
#include <string>
#include <thread>

namespace closelab::lab {
namespace {

struct Pipe {
  Pipe() { REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0); }
  ~Pipe() {
    close_reader();
    ::close(ends[1]);
  }
  void close_reader() {
    if (ends[0] >= 0) ::close(ends[0]);
    ends[0] = -1;
  }
  std::string read_all(std::size_t expected) {
    std::string text;
    std::array<char, 65536> buffer{};
    while (text.size() < expected) {
      const ssize_t n = ::read(ends[0], buffer.data(), buffer.size());
      REQUIRE(n > 0);
      text.append(buffer.data(), static_cast<std::size_t>(n));
    }
    return text;
  }
  std::array<int, 2> ends{};
};

std::string notice(std::uint64_t dropped) { return "dropped " + std::to_string(dropped) + "\n"; }

TEST_CASE("lines are written in order, to the last one") {
  Pipe pipe;
  std::string expected;
  Output output(pipe.ends[1], LogFull::drop, notice);
  for (int i = 0; i < 1000; ++i) {
    expected += std::to_string(i) + '\n';
    output.write([i] { return std::to_string(i) + '\n'; });
  }
  output.close();
  CHECK(pipe.read_all(expected.size()) == expected);
}

TEST_CASE("a reader that is gone is survived") {
  std::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  pipe.close_reader();
  Output output(pipe.ends[1], LogFull::drop, notice);
  for (int i = 0; i < 100; ++i) output.write([] { return std::string("line\n"); });
  output.close();
}

TEST_CASE("events that come faster than they are written are dropped and counted") {
  Pipe pipe;
  Output output(pipe.ends[1], LogFull::drop, notice);
  std::promise<void> started;
  std::promise<void> resumed;
  // Holds the output's thread, so that what follows queues up behind it.
  output.write([&] {
    started.set_value();
    resumed.get_future().wait();
    return std::string();
  });
  started.get_future().wait();
  std::promise<void> taken;
  output.write([&] {
    taken.set_value();
    return std::string("first\n");
  });
  for (int i = 0; i < 30'000; ++i) output.write([] { return std::string("x\n"); });
  resumed.set_value();
  taken.get_future().wait();
  for (int i = 0; i < 2; ++i) output.write([] { return std::string("after\n"); });
  output.close();
  const std::string tail = "dropped 20001\nafter\nafter\n";
  CHECK(pipe.read_all(6 + 2 * 9'999 + tail.size()).ends_with("x\n" + tail));
}

TEST_CASE("a reader that is slow gets every line all the same") {
  Pipe pipe;
  std::string text;
  constexpr int lines = 50'000;
  {
    Output output(pipe.ends[1], LogFull::wait, notice);
    const std::jthread reader([&] { text = pipe.read_all(2 * lines); });
    for (int i = 0; i < lines; ++i) output.write([] { return std::string("x\n"); });
  }
  CHECK(text.size() == 2 * lines);
  CHECK(text.find("dropped") == std::string::npos);
}

TEST_CASE("a reader that stops reading holds nobody up for longer than a second or two, and is told what it missed") {
  Pipe pipe;
  Output output(pipe.ends[1], LogFull::wait, notice);
  // More than the pipe and the queue take.
  for (int i = 0; i < 40'000; ++i) output.write([] { return std::string(80, 'x') + '\n'; });
  const std::jthread reader([&] {
    std::string text;
    while (text.find("dropped ") == std::string::npos) text += pipe.read_all(1);
  });
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  std::atomic<bool> said = false;
  // The notice stands before the next line for which there is room.
  while (!said && std::chrono::steady_clock::now() < give_up) {
    output.write([&said] {
      said = true;
      return std::string("after\n");
    });
  }
  CHECK(said);
}

TEST_CASE("close gives up on a reader that does not read") {
  Pipe pipe;
  Output output(pipe.ends[1], LogFull::drop, notice);
  output.write([] { return std::string(1 << 20, 'x'); });
  output.close();
  CHECK(pipe.read_all(4096).size() >= 4096);
}

}  // namespace
}  // namespace closelab::lab
