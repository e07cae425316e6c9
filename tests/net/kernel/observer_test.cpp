#include "net/kernel/observer.h"

#include <doctest/doctest.h>

#include <array>

#include "net/kernel/tcp_probe.h"
#include "net/teardown/blocking_closer.h"
#include "tests/net/verdict/settled.h"

namespace closelab::net::test {
namespace {

using namespace std::chrono_literals;
using S = TcpState;

TEST_CASE("states are final when no end can change any more but for TIME_WAIT's end") {
  struct Row {
    TcpState own;
    TcpState peer;
    int looks;
    Progress progress;
  };
  constexpr auto settled = Progress::settled;
  constexpr auto transitional = Progress::transitional;
  constexpr Row rows[] = {
      {S::unknown, S::unknown, 1, settled},  // the kernel can't be asked
      {S::time_wait, S::closed, 1, settled},
      {S::closed, S::time_wait, 1, settled},
      {S::time_wait, S::time_wait, 1, settled},
      {S::closed, S::closed, 1, settled},
      {S::time_wait, S::unknown, 1, settled},  // a remote client
      {S::closed, S::unknown, 1, settled},
      {S::time_wait, S::last_ack, 1, transitional},
      {S::time_wait, S::fin_wait_2, 100, transitional},  // our FIN came between the two lookups
      {S::closed, S::established, 3, transitional},
      {S::closed, S::established, 4, settled},
      {S::closed, S::close_wait, 4, settled},
      {S::fin_wait_1, S::close_wait, 1, transitional},
      {S::fin_wait_2, S::close_wait, 100, transitional},
      {S::fin_wait_2, S::unknown, 100, transitional},
      {S::fin_wait_2, S::closed, 3, transitional},
      {S::fin_wait_2, S::closed, 4, settled},
      {S::closing, S::time_wait, 4, transitional},
      {S::last_ack, S::closed, 4, transitional},
      {S::established, S::closed, 4, transitional},
  };
  for (const Row& row : rows) {
    CAPTURE(to_string(row.own));
    CAPTURE(to_string(row.peer));
    CAPTURE(row.looks);
    CHECK(static_cast<int>(judge_states(row.own, row.peer, row.looks)) == static_cast<int>(row.progress));
  }
}

TEST_CASE("looks come after 1, 5, 20, 60 and 250 ms, then every second") {
  constexpr std::array expected{1ms, 5ms, 20ms, 60ms, 250ms, 1000ms, 1000ms};
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(next_look(static_cast<int>(i) + 1) == expected[i]);
  CHECK(next_look(1'000'000) == 1000ms);
}

/// A connection whose server's end is closed at once, after its FIN.
class Closed {
 public:
  Closed() : listener_({}, {}), client(listener_.local()), accepted_(accept_one(listener_)) {
    ended.id = 7;
    ended.tuple = {accepted_.local, accepted_.remote};
    ended.cookie = socket_cookie(accepted_.fd);
    ended.accepted_at = std::chrono::steady_clock::now();
    const UniqueFd server(accepted_.fd);
    ::shutdown(server.get(), SHUT_WR);
    ended.note(Source::syscall, fact::SentFin{});
    fact::Sampled sample = sample_socket(server.get(), SampleDepth::state);
    sample.moment = SampleMoment::after_fin;
    ended.note(Source::tcp_info, sample);
    ended.note(Source::syscall, fact::Closed{});
  }

 private:
  Listener listener_;

 public:
  Client client;
  EndedConnection ended;

 private:
  Accepted accepted_;
};

/// What the last lookup found of our end.
TcpState own_state(const Report& report) { return report.connection.evidence.end()[-2].as<fact::OwnSocket>()->state; }

TEST_CASE("a client that keeps its end open: reported as it changes, settled when the client closes") {
  Closed connection;
  Reports reports;
  Observer observer(Switch::on, reports.callback());
  observer.follow(connection.ended);
  Report report = reports.next();
  CHECK(report.progress == Progress::transitional);
  CHECK(report.connection.id == 7);
  // FIN_WAIT_1 until the client acknowledges our FIN, which it delays by 40 ms.
  while (own_state(report) != S::fin_wait_2) {
    CHECK(own_state(report) == S::fin_wait_1);
    CHECK(report.verdict.time_wait == TimeWait::unknown);
    report = reports.next();
    REQUIRE(report.progress == Progress::transitional);
  }
  CHECK(report.verdict.closed_first == Side::server);
  connection.client.close();
  report = reports.next();
  CHECK(report.progress == Progress::settled);
  CHECK(report.verdict.closed_first == Side::server);
  CHECK(report.verdict.time_wait == TimeWait::server);
  CHECK(report.verdict.reset_by == ResetBy::none);
  observer.finish();
  CHECK(reports.empty());
}

TEST_CASE("finish() settles what is left as it is, and soon") {
  Closed connection;
  Reports reports;
  Observer observer(Switch::on, reports.callback());
  observer.follow(connection.ended);
  reports.next();
  const auto start = std::chrono::steady_clock::now();
  observer.finish();
  CHECK(std::chrono::steady_clock::now() - start < 500ms);
  const Report report = reports.settled();
  CHECK(report.verdict.closed_first == Side::server);
  CHECK(report.verdict.time_wait == TimeWait::unknown);
  CHECK(reports.empty());
  observer.finish();  // again is harmless
}

TEST_CASE("lookups off: settled at once, and the evidence says that nobody looked") {
  Closed connection;
  Reports reports;
  Observer observer(Switch::off, reports.callback());
  observer.follow(connection.ended);
  const Report report = reports.next();
  CHECK(report.progress == Progress::settled);
  CHECK(find<fact::NotObserved>(report.connection) != nullptr);
  CHECK(find<fact::OwnSocket>(report.connection) == nullptr);
  CHECK(report.verdict.time_wait == TimeWait::unknown);
}

TEST_CASE("finish() looks once more at whoever waits for a later look") {
  Closed connection;
  Reports reports;
  Observer observer(Switch::on, reports.callback());
  observer.follow(connection.ended);
  while (own_state(reports.next()) != S::fin_wait_2) continue;
  connection.client.close();
  observer.finish();
  CHECK(reports.settled().verdict.time_wait == TimeWait::server);
}

TEST_CASE("every: the first connection and then one in so many is looked up") {
  struct Row {
    std::uint64_t every;
    std::vector<std::uint64_t> looked_up;  // of 1 to 6
  };
  const std::array rows{Row{1, {1, 2, 3, 4, 5, 6}}, Row{2, {1, 3, 5}}, Row{3, {1, 4}}, Row{10, {1}}};
  for (const Row& row : rows) {
    const Observer observer(
        Switch::on, [](const EndedConnection&, const Verdict&, Progress) {}, row.every);
    std::vector<std::uint64_t> looked_up;
    for (std::uint64_t id = 1; id <= 6; ++id) {
      if (observer.looks_up(id)) looked_up.push_back(id);
    }
    CHECK(looked_up == row.looked_up);
  }
}

TEST_CASE("another connection with our tuple is not taken for ours") {
  Closed connection;
  connection.ended.cookie += 1;
  Reports reports;
  Observer observer(Switch::on, reports.callback());
  observer.follow(connection.ended);
  const Report report = reports.next();
  CHECK(report.progress == Progress::settled);
  CHECK(find<fact::TupleReused>(report.connection) != nullptr);
  CHECK(find<fact::OwnSocket>(report.connection) == nullptr);
  CHECK(report.verdict.time_wait == TimeWait::unknown);
}

TEST_CASE("a client on another machine can't be looked up, and the evidence says so") {
  Closed connection;
  connection.ended.tuple.remote = *parse_address("192.0.2.1", 1234);
  Reports reports;
  Observer observer(Switch::on, reports.callback());
  observer.follow(connection.ended);
  const Report report = reports.next();
  CHECK(report.progress == Progress::settled);
  CHECK(find<fact::PeerIsRemote>(report.connection) != nullptr);
  CHECK(find<fact::PeerSocket>(report.connection) == nullptr);
}

TEST_CASE("every connection that is followed is settled exactly once, also when finish() comes at once") {
  Reports reports;
  {
    Observer observer(Switch::on, reports.callback());
    EndedConnection gone;
    gone.tuple = {*parse_address("127.0.0.1", 1), *parse_address("127.0.0.1", 2)};
    for (gone.id = 1; gone.id <= 1000; ++gone.id) observer.follow(gone);
  }
  std::array<int, 1001> settled{};
  while (!reports.empty()) {
    const Report report = reports.next();
    settled[report.connection.id] += report.progress == Progress::settled ? 1 : 0;
  }
  for (std::size_t id = 1; id < settled.size(); ++id) CHECK(settled[id] == 1);
}

TEST_CASE("blocking jobs do not wait for each other, and finish() waits for all") {
  std::mutex mutex;
  std::condition_variable changed;
  int running = 0;
  BlockingCloser closer;
  for (int i = 0; i < 8; ++i) {
    closer.submit([&] {
      std::unique_lock lock(mutex);
      ++running;
      changed.notify_all();
      CHECK(changed.wait_for(lock, patience, [&] { return running == 8; }));
    });
  }
  closer.finish();
  CHECK(running == 8);
  closer.submit([&] { ++running; });
  closer.finish();
  CHECK(running == 9);
}

}  // namespace
}  // namespace closelab::net::test
