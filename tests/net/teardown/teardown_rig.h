#pragma once

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "net/kernel/tcp_probe.h"
#include "net/teardown/teardown.h"
#include "tests/net/connection.h"
#include "tests/net/verdict/settled.h"

namespace closelab::net::test {

using namespace std::chrono_literals;

inline constexpr Path ipv4 = all_paths[0];

/// One connection, its server's end in the hands of a Teardown.
class Rig : private Stream::Owner {
 public:
  explicit Rig(const TeardownOptions& options, const Path& path = ipv4, int client_buffer = 0)
      : listener_({.address = path.listen}, {}),
        client(reachable(listener_.local(), path.connect), client_buffer),
        accepted_(accept_one(listener_)),
        stream_(ready_set_, accepted_.fd, *this),
        teardown(stream_, ended(), options, observer_, closer_) {}

  int fd() const { return stream_.fd(); }

  /// Drives the drain until the descriptor is closed.
  void drain() {
    std::array<char, 4096> scratch{};
    while (teardown.phase() == TeardownPhase::draining) {
      await(fd(), POLLIN);
      teardown.drain(scratch);
    }
  }

  /// Sends `text` as a response.
  void respond(std::string_view text, MoreToCome more = MoreToCome::no) {
    const iovec piece{const_cast<char*>(text.data()), text.size()};
    REQUIRE(stream_.send({&piece, 1}, more).bytes == text.size());
  }

  /// Sends until the client's window is full; returns how much.
  std::size_t fill() {
    const std::string block(64 * 1024, 'x');
    const iovec piece{const_cast<char*>(block.data()), block.size()};
    std::size_t sum = 0;
    while (true) {
      const IoResult result = stream_.send({&piece, 1}, MoreToCome::no);
      if (result.error != 0) return sum;
      sum += result.bytes;
    }
  }

  /// Reads as a connection does, and tells the teardown.
  void read() {
    std::array<char, 4096> buffer{};
    await(fd(), POLLIN);
    const IoResult result = stream_.receive(buffer);
    if (result.error != 0) return teardown.failed(IoCall::receive, result.error);
    if (result.bytes == 0) teardown.received_fin();
  }

  /// Everything has been sent, and no other connection shares the look.
  void flushed() {
    teardown.flushed();
    close_after_look();
  }

  /// What awaits a look gets it, as a reactor's connections do.
  void close_after_look() {
    Teardown* const waiting = &teardown;
    if (teardown.awaits_look()) Teardown::close_after_look(observer_, {&waiting, 1});
  }

  void hand_over() {
    if (!std::exchange(handed_over_, true)) teardown.hand_over();
  }

  Report settled() {
    CHECK(teardown.phase() == TeardownPhase::closed);
    close_after_look();
    CHECK_FALSE(stream_.is_open());
    hand_over();
    return reports.settled();
  }

 private:
  void stream_ready() override {}
  EndedConnection ended() const {
    return {.id = 1,
            .tuple = {accepted_.local, accepted_.remote},
            .cookie = socket_cookie(accepted_.fd),
            .accepted_at = std::chrono::steady_clock::now(),
            .evidence = {}};
  }

 public:
  Reports reports;

 private:
  bool handed_over_ = false;
  ReadySet ready_set_;
  Observer observer_{Switch::on, reports.callback()};
  BlockingCloser closer_;
  Listener listener_;

 public:
  Client client;

 private:
  Accepted accepted_;
  Stream stream_;

 public:
  Teardown teardown;
};

inline TeardownOptions mode(CloseMode mode) { return {.mode = mode}; }

inline void check(const Report& report, Side first, ClosedBy by, ResetBy reset, TimeWait time_wait) {
  std::string story;
  for (const Evidence& evidence : report.connection.evidence) story += describe(evidence) + '\n';
  CAPTURE(story);
  CHECK(report.verdict.closed_first == first);
  CHECK(report.verdict.closed_by == by);
  CHECK(report.verdict.reset_by == reset);
  CHECK(report.verdict.time_wait == time_wait);
  CHECK(to_string(report.verdict.time_wait_source) == "sock_diag");
  if (time_wait == TimeWait::none) return;
  const auto left = report.verdict.time_wait_remaining();
  REQUIRE(left.has_value());
  CHECK(*left > 50s);
  CHECK(*left <= 60s);
}

}  // namespace closelab::net::test
