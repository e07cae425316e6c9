#include "net/teardown/teardown.h"

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "tests/net/teardown/teardown_rig.h"

namespace closelab::net::test {
namespace {

constexpr CloseMode lingering = CloseMode::lingering;
constexpr CloseMode immediate = CloseMode::immediate;
constexpr CloseMode abortive = CloseMode::abortive;

constexpr auto fin = ClosedBy::fin;
constexpr auto rst = ClosedBy::rst;

TEST_CASE("lingering: the client closes on our FIN") {
  for (const Path& path : paths()) {
    CAPTURE(path.listen);
    Rig rig(mode(lingering), path);
    rig.respond("bye");
    rig.flushed();
    CHECK(rig.teardown.phase() == TeardownPhase::draining);
    const Received received = rig.client.receive_to_end();
    CHECK(received.bytes == 3);
    CHECK(received.error == 0);
    rig.client.close();
    rig.drain();
    check(rig.settled(), Side::server, fin, ResetBy::none, TimeWait::server);
  }
}

TEST_CASE("lingering: a FIN that carries the ACK of ours is one segment") {
  Rig rig(mode(lingering));
  rig.flushed();
  rig.client.close();
  rig.drain();
  const Report report = rig.settled();
  std::optional<std::uint32_t> before;
  std::optional<std::uint32_t> after;
  for (const Evidence& evidence : report.connection.evidence) {
    const auto* sample = evidence.as<fact::Sampled>();
    if (sample == nullptr) continue;
    if (sample->moment == SampleMoment::after_fin) before = sample->segments_in;
    if (sample->moment == SampleMoment::at_eof) after = sample->segments_in;
  }
  REQUIRE(before.has_value());
  REQUIRE(after.has_value());
  CHECK(*after - *before == 1);
}

TEST_CASE("lingering: what the client still sends is dropped, and nothing is reset") {
  Rig rig(mode(lingering));
  rig.respond("bye");
  rig.flushed();
  rig.client.send(std::string(20'000, 'x'));
  rig.client.send_fin();
  rig.drain();
  CHECK(rig.client.receive_to_end().error == 0);
  check(rig.settled(), Side::server, fin, ResetBy::none, TimeWait::server);
}

TEST_CASE("in every mode but abortive the client's earlier FIN leaves TIME_WAIT to it") {
  for (const Path& path : paths()) {
    for (const CloseMode how : {lingering, immediate}) {
      for (const bool read_first : {true, false}) {
        CAPTURE(path.listen);
        CAPTURE(to_string(how));
        CAPTURE(read_first);
        Rig rig(mode(how), path);
        rig.client.close();
        await(rig.fd(), POLLIN);
        if (read_first) rig.read();
        rig.flushed();
        rig.drain();
        check(rig.settled(), Side::client, fin, ResetBy::none, TimeWait::client);
      }
    }
  }
}

TEST_CASE("half-close: the response still reaches the client") {
  Rig rig(mode(lingering));
  rig.client.send_fin();
  rig.read();
  CHECK(rig.teardown.phase() == TeardownPhase::half_closed);
  rig.respond("late");
  rig.flushed();
  const Received received = rig.client.receive_to_end();
  CHECK(received.bytes == 4);
  CHECK(received.error == 0);
  check(rig.settled(), Side::client, fin, ResetBy::none, TimeWait::client);
}

TEST_CASE("the client resets: noticed by recv(), or only when the connection ends") {
  for (const Path& path : paths()) {
    for (const CloseMode how : {lingering, immediate, abortive}) {
      for (const bool read_first : {true, false}) {
        CAPTURE(path.listen);
        CAPTURE(to_string(how));
        CAPTURE(read_first);
        Rig rig(mode(how), path);
        rig.client.reset();
        await(rig.fd(), POLLIN);
        if (read_first) {
          rig.read();
        } else {
          rig.flushed();
        }
        rig.drain();
        const Report report = rig.settled();
        check(report, Side::client, rst, ResetBy::client, TimeWait::none);
        // recv() says 0 once the error has been taken; that is no FIN, and must not be told as one.
        CHECK(find<fact::ReceivedFin>(report.connection) == nullptr);
        CHECK(find<fact::Aborted>(report.connection) == nullptr);
      }
    }
  }
}

TEST_CASE("the client resets after its FIN: recv() says EOF, and SO_ERROR tells") {
  Rig rig(mode(lingering));
  rig.client.send_fin();
  await(rig.fd(), POLLRDHUP);
  rig.client.reset();
  await(rig.fd(), POLLERR);
  rig.read();
  rig.flushed();
  check(rig.settled(), Side::client, fin, ResetBy::client, TimeWait::none);
}

TEST_CASE("the client resets while we drain") {
  Rig rig(mode(lingering));
  rig.flushed();
  CHECK(rig.client.receive_to_end().error == 0);
  rig.client.reset();
  rig.drain();
  check(rig.settled(), Side::server, fin, ResetBy::client, TimeWait::none);
}

TEST_CASE("the byte bound: more is unread, so close() resets") {
  for (const Path& path : paths()) {
    CAPTURE(path.listen);
    Rig rig({.mode = lingering, .bounds = {.time = 2s, .bytes = 1000}}, path);
    rig.client.send(std::string(5000, 'x'));
    await_bytes(rig.fd(), 5000);
    rig.flushed();
    rig.drain();
    const Report report = rig.settled();
    check(report, Side::server, fin, ResetBy::server, TimeWait::none);
    REQUIRE(find<fact::DrainBytesExceeded>(report.connection) != nullptr);
    CHECK(find<fact::DrainBytesExceeded>(report.connection)->dropped == 1001);
    CHECK(find<fact::Closed>(report.connection)->unread == 3999);
    CHECK(rig.client.receive_to_end().error == 0);  // an RST after a FIN reads as EOF
    CHECK(take_pending_error(rig.client.fd()) == EPIPE);
  }
}

TEST_CASE("the byte bound: as much as it allows, and then the FIN, is within it") {
  Rig rig({.mode = lingering, .bounds = {.time = 2s, .bytes = 5000}});
  rig.flushed();
  rig.client.send(std::string(5000, 'x'));
  rig.client.close();
  rig.drain();
  const Report report = rig.settled();
  check(report, Side::server, fin, ResetBy::none, TimeWait::server);
  CHECK(find<fact::DrainBytesExceeded>(report.connection) == nullptr);
}

TEST_CASE("the byte bound: SIZE_MAX is no bound") {
  Rig rig({.mode = lingering, .bounds = {.time = 2s, .bytes = SIZE_MAX}});
  rig.flushed();
  rig.client.send(std::string(50'000, 'x'));
  rig.client.send_fin();
  rig.drain();
  const Report report = rig.settled();
  check(report, Side::server, fin, ResetBy::none, TimeWait::server);
  CHECK(find<fact::Closed>(report.connection)->unread == 0);
}

TEST_CASE("the byte bound with the client's FIN after the rest: both FINs are exchanged, so nothing is reset") {
  Rig rig({.mode = lingering, .bounds = {.time = 2s, .bytes = 1000}});
  rig.flushed();
  rig.client.send(std::string(5000, 'x'));
  rig.client.send_fin();
  await(rig.fd(), POLLRDHUP);
  rig.drain();
  const Report report = rig.settled();
  check(report, Side::server, fin, ResetBy::none, TimeWait::server);
  CHECK(find<fact::Closed>(report.connection)->unread == 0);
  CHECK(rig.client.receive_to_end().error == 0);
}

TEST_CASE("the time bound: the client keeps its end open, then closes") {
  Rig rig(mode(lingering));
  rig.flushed();
  rig.teardown.time_exceeded();
  rig.hand_over();
  Report report = rig.reports.next();
  CHECK(report.progress == Progress::transitional);
  CHECK(report.verdict.closed_first == Side::server);
  CHECK(report.verdict.time_wait == TimeWait::unknown);
  CHECK(find<fact::DrainTimeExceeded>(report.connection) != nullptr);
  rig.client.close();
  check(rig.settled(), Side::server, fin, ResetBy::none, TimeWait::server);
}

TEST_CASE("the time bound: what the client sends afterwards is answered by RST") {
  Rig rig(mode(lingering));
  rig.flushed();
  rig.teardown.time_exceeded();
  rig.client.send("late");
  await(rig.client.fd(), POLLERR);
  check(rig.settled(), Side::server, fin, ResetBy::undetermined, TimeWait::none);
}

TEST_CASE("immediate: quiet client") {
  for (const Path& path : paths()) {
    CAPTURE(path.listen);
    Rig rig(mode(immediate), path);
    rig.respond("bye");
    rig.flushed();
    const Received received = rig.client.receive_to_end();
    CHECK(received.bytes == 3);
    CHECK(received.error == 0);
    rig.client.close();
    check(rig.settled(), Side::server, fin, ResetBy::none, TimeWait::server);
  }
}

TEST_CASE("immediate: unread bytes make close() an RST") {
  for (const Path& path : paths()) {
    CAPTURE(path.listen);
    Rig rig(mode(immediate), path);
    rig.client.send("unread");
    await(rig.fd(), POLLIN);
    rig.respond("bye");
    rig.flushed();
    const Received received = rig.client.receive_to_end();
    CHECK(received.bytes == 3);
    CHECK(received.error == ECONNRESET);
    check(rig.settled(), Side::server, rst, ResetBy::server, TimeWait::none);
  }
}

TEST_CASE("immediate: a response that was held back for our FIN leaves with it, or before an RST") {
  for (const bool unread : {false, true}) {
    CAPTURE(unread);
    Rig rig(mode(immediate));
    if (unread) {
      rig.client.send("unread");
      await(rig.fd(), POLLIN);
    }
    rig.respond("bye", MoreToCome::yes);
    rig.flushed();
    const Received received = rig.client.receive_to_end();
    CHECK(received.bytes == 3);
    CHECK(received.error == (unread ? ECONNRESET : 0));
    rig.client.close();
    if (unread) {
      check(rig.settled(), Side::server, rst, ResetBy::server, TimeWait::none);
    } else {
      check(rig.settled(), Side::server, fin, ResetBy::none, TimeWait::server);
    }
  }
}

TEST_CASE("immediate: unread bytes and then the client's FIN: its FIN was first, our RST came second") {
  Rig rig(mode(immediate));
  rig.client.send("unread");
  rig.client.send_fin();
  await(rig.fd(), POLLRDHUP);
  rig.flushed();
  CHECK(rig.client.receive_to_end().error == ECONNRESET);
  check(rig.settled(), Side::client, fin, ResetBy::server, TimeWait::none);
}

TEST_CASE("abortive: RST, whether the client is quiet or has sent something") {
  for (const Path& path : paths()) {
    for (const bool unread : {false, true}) {
      CAPTURE(path.listen);
      CAPTURE(unread);
      Rig rig(mode(abortive), path);
      if (unread) {
        rig.client.send("unread");
        await(rig.fd(), POLLIN);
      }
      rig.flushed();
      CHECK(rig.client.receive_to_end().error == ECONNRESET);
      const Report report = rig.settled();
      check(report, Side::server, rst, ResetBy::server, TimeWait::none);
      CHECK(find<fact::Aborted>(report.connection) != nullptr);
    }
  }
}

TEST_CASE("abortive after the client's FIN") {
  for (const bool read_first : {true, false}) {
    CAPTURE(read_first);
    Rig rig(mode(abortive));
    rig.client.send_fin();
    await(rig.fd(), POLLIN);
    if (read_first) rig.read();
    rig.flushed();
    CHECK(rig.client.receive_to_end().error == ECONNRESET);
    check(rig.settled(), Side::client, fin, ResetBy::server, TimeWait::none);
  }
}

TEST_CASE("a response that can't be completed ends in RST") {
  for (const bool stopped : {true, false}) {
    CAPTURE(stopped);
    Rig rig(mode(lingering), ipv4, 4096);
    rig.fill();
    stopped ? rig.teardown.stopped() : rig.teardown.time_exceeded();
    CHECK(rig.client.receive_to_end().error == ECONNRESET);
    check(rig.settled(), Side::server, rst, ResetBy::server, TimeWait::none);
  }
}

TEST_CASE("SO_LINGER of 0 s makes every close an RST") {
  Rig rig({.mode = immediate, .bounds = {}, .linger = 0s});
  rig.flushed();
  CHECK(rig.client.receive_to_end().error == ECONNRESET);
  check(rig.settled(), Side::server, rst, ResetBy::server, TimeWait::none);
}

TEST_CASE("SO_LINGER of 0 s after a complete drain: the connection is over, there is nothing to reset") {
  Rig rig({.mode = lingering, .bounds = {}, .linger = 0s});
  rig.flushed();
  CHECK(rig.client.receive_to_end().error == 0);
  rig.client.close();
  rig.drain();
  const Report report = rig.settled();
  check(report, Side::server, fin, ResetBy::none, TimeWait::server);
  CHECK(find<fact::Aborted>(report.connection) == nullptr);
}

TEST_CASE("SO_LINGER of 0 s at the drain's time bound: our FIN, then our RST") {
  Rig rig({.mode = lingering, .bounds = {}, .linger = 0s});
  rig.flushed();
  rig.teardown.time_exceeded();
  check(rig.settled(), Side::server, fin, ResetBy::server, TimeWait::none);
}

TEST_CASE("a timed SO_LINGER blocks, but not the caller, and how long is recorded") {
  Rig rig({.mode = immediate, .bounds = {}, .linger = 1s}, ipv4, 4096);
  rig.fill();
  const auto start = std::chrono::steady_clock::now();
  rig.flushed();
  CHECK(std::chrono::steady_clock::now() - start < 500ms);
  rig.hand_over();
  const Report report = rig.reports.next();
  REQUIRE(find<fact::Closed>(report.connection) != nullptr);
  CHECK(find<fact::Closed>(report.connection)->blocked >= 990ms);
  CHECK(find<fact::Closed>(report.connection)->blocked < 3s);
  CHECK(report.verdict.closed_first == Side::undetermined);  // our FIN has not left yet
  CHECK(rig.client.receive_to_end().error == 0);
  rig.client.close();
  check(rig.settled(), Side::server, fin, ResetBy::none, TimeWait::server);
}

TEST_CASE("our FIN is stuck behind a full window and the client's overtakes it: both end in TIME_WAIT") {
  Rig rig(mode(lingering), ipv4, 4096);
  const std::size_t sent = rig.fill();
  rig.flushed();
  rig.client.send_fin();
  rig.drain();
  const Received received = rig.client.receive_to_end();
  CHECK(received.bytes == sent);
  CHECK(received.error == 0);
  check(rig.settled(), Side::client, fin, ResetBy::none, TimeWait::both);
}

}  // namespace
}  // namespace closelab::net::test
