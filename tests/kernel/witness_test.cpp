// Verdicts with and without packets as a witness, of clients on this machine and on another, 2 ms away, side by side:
// with them none may be wrong or undetermined. Who is right is decided by a capture of this test's own, which shares
// neither code nor packets with the server's, and by what each situation must lead to.
//
//   witness_test [CONNECTIONS]   of each situation, network and server; default 25. A larger number is a soak.

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "closelab/packet_witness.h"
#include "net/socket/socket_address.h"
#include "net/testbed/capture.h"
#include "net/testbed/network.h"
#include "net/testbed/relay.h"
#include "net/testbed/segment.h"
#include "net/testbed/wire_verdict.h"
#include "tests/kernel/witness_situations.h"
#include "tests/support/private_network.h"
#include "tests/support/skip.h"

namespace closelab::kernel_test {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds delay{2};
constexpr std::size_t players = 4;
constexpr std::size_t most_reports = 10;

enum class Outcome : std::uint8_t { right, undetermined, wrong };
using Counts = std::array<std::size_t, 3>;

/// Two hosts; this thread is on the client's.
struct Place {
  testbed::Host client = testbed::Host::current();
  std::optional<testbed::Host> server;
  std::optional<testbed::Relay> relay;

  Place() {
    using testbed::client_address;
    using testbed::server_address;
    const testbed::LinkKind link = testbed::allowed_link();
    testbed::Wire client_wire = testbed::make_link(link, {"client", client_address, server_address});
    server = testbed::Host::create();
    testbed::set_ipv4_sysctl("ip_local_port_range", "1024 65535");
    testbed::Wire server_wire = testbed::make_link(link, {"server", server_address, client_address});
    relay.emplace(std::move(client_wire), std::move(server_wire));
    relay->set_delay(delay);
  }
};

bool allows(const std::vector<ResetBy>& wire, ResetBy value) { return std::ranges::count(wire, value) > 0; }
bool allows(const std::vector<TimeWait>& wire, TimeWait value) { return std::ranges::count(wire, value) > 0; }

/// `value` may be none of these answers: then it is wrong, unless it is no answer.
template <class Value>
Outcome judge(Value value, Value no_answer, bool allowed, const std::optional<Value>& expected) {
  if (value == no_answer) return Outcome::undetermined;
  return allowed && value == expected.value_or(value) ? Outcome::right : Outcome::wrong;
}

Outcome judge(const Verdict& verdict, const testbed::WireVerdict& wire, const WitnessSituation& situation) {
  const bool side_allowed = std::ranges::count(wire.first, verdict.closed_first, &testbed::First::side) > 0;
  const bool side_is_clear = wire.first.size() == 1;
  Outcome side = judge(verdict.closed_first, Side::undetermined, side_allowed, situation.closed_first);
  // Nothing on the wire tells: then it is right to say so.
  if (side == Outcome::undetermined && !side_is_clear) side = Outcome::right;
  const Outcome reset =
      judge(verdict.reset_by, ResetBy::undetermined, allows(wire.reset_by, verdict.reset_by), situation.reset_by);
  const Outcome time_wait =
      judge(verdict.time_wait, TimeWait::unknown, allows(wire.time_wait, verdict.time_wait), situation.time_wait);
  return std::max({side, reset, time_wait});
}

/// What the judge has captured, on the server's host.
class Judge {
 public:
  void collect() {
    for (auto& capture : captures_) capture->collect();
    for (auto& capture : captures_)
      for (const testbed::Segment& segment : capture->take()) sorter_.add(segment);
  }
  void finish() {
    captures_[0]->finish(*net::parse_address("127.0.0.1", 1));
    captures_[1]->finish(*net::parse_address(testbed::client_address, 1));
    collect();
  }
  /// Packets of the connections with the same ends, in their order.
  const testbed::Connections& connections() const { return sorter_.connections(); }
  unsigned dropped() const { return captures_[0]->dropped() + captures_[1]->dropped(); }

 private:
  std::array<std::unique_ptr<testbed::Capture>, 2> captures_{
      std::make_unique<testbed::Capture>(testbed::CaptureOptions{.device = "lo"}),
      std::make_unique<testbed::Capture>(testbed::CaptureOptions{.device = "server"})};
  testbed::ConnectionSorter sorter_;
};

/// A machine that is too busy lets a FIN be sent again. What that leads to, such as a RST that answers the ACK of the
/// copy, the packets alone can say.
bool is_sent_again(std::span<const testbed::Packet> packets, Side side) {
  return std::ranges::count_if(packets, [&](const testbed::Packet& packet) {
           return packet.from == side && packet.has(testbed::fin);
         }) > 1;
}

WitnessSituation as_it_went(const WitnessSituation& situation, std::span<const testbed::Packet> packets) {
  if (!is_sent_again(packets, Side::client) && !is_sent_again(packets, Side::server)) return situation;
  return {.name = situation.name, .play = situation.play};
}

struct Played {
  const WitnessSituation* situation;
  std::string network;
  std::string server;
  ConnectionRecord record;
};

class Test {
 public:
  explicit Test(std::size_t connections) : connections_(connections) {
    place_.server->enter();
    judge_.emplace();
    for (const bool with : {false, true}) {
      Options options = witness_options();
      options.listen.address = test::has_ipv6() ? "::" : "0.0.0.0";
      if (with) options.witness = packet_witness();
      servers_[with ? "with" : "without"] = std::make_unique<Server>(options);
    }
    for (auto& [name, server] : servers_) add_witness_routes(*server);
  }

  int run() {
    for (const WitnessSituation& situation : witness_situations()) {
      play(situation, "this machine", "127.0.0.1", *place_.server);
      play(situation, "another", testbed::server_address, place_.client);
    }
    judge_->finish();
    for (const Played& played : played_) judge(played);
    print_table();
    return is_good() ? EXIT_SUCCESS : EXIT_FAILURE;
  }

 private:
  void play(const WitnessSituation& situation, const std::string& network, const char* address,
            const testbed::Host& clients) {
    for (auto& [name, server] : servers_) {
      const Endpoint reachable = *net::parse_address(address, server->port());
      std::vector<std::jthread> threads;
      for (std::size_t player = 0; player < players; ++player)
        threads.emplace_back([&, player] {
          clients.enter();
          for (std::size_t i = player; i < connections_; i += players) play_one(situation, reachable);
        });
      take_records(situation, network, name, *server);
    }
  }

  void take_records(const WitnessSituation& situation, const std::string& network, const std::string& name,
                    Server& server) {
    const auto patience = std::chrono::steady_clock::now() + 60s;
    for (std::size_t taken = 0; taken < connections_;) {
      judge_->collect();
      if (auto record = server.wait_closed(5ms)) {
        played_.push_back({&situation, network, name, std::move(*record)});
        ++taken;
      } else if (std::chrono::steady_clock::now() > patience) {
        std::cout << situation.name << ": " << connections_ - taken << " connections did not settle\n";
        ++failures_;
        return;
      }
    }
  }

  void play_one(const WitnessSituation& situation, const Endpoint& server) {
    try {
      situation.play(server);
    } catch (const std::exception& error) {
      const std::lock_guard lock(mutex_);
      std::cout << situation.name << ": " << error.what() << '\n';
      ++failures_;
    }
  }

  void judge(const Played& played) {
    const ConnectionRecord& record = played.record;
    const testbed::Ends ends{testbed::plain(record.client), testbed::plain(record.server)};
    const auto found = judge_->connections().find(ends);
    if (found == judge_->connections().end() || seen_[ends] >= found->second.size()) {
      std::cout << "not captured: " << record;
      ++failures_;
      return;
    }
    const auto& packets = found->second[seen_[ends]++];
    const Outcome outcome =
        kernel_test::judge(record.verdict, testbed::read_wire(packets), as_it_went(*played.situation, packets));
    ++counts_[{played.situation, played.network}][played.server][static_cast<std::size_t>(outcome)];
    const bool expected = outcome == Outcome::right || played.server == "without";
    if (!expected && reports_++ < most_reports)
      std::cout << "\n== " << played.situation->name << ", " << played.network << ", " << played.server << '\n'
                << record << std::span<const testbed::Packet>(packets);
  }

  void print_table() {
    std::cout << "\nright/undetermined/wrong by client      without packets      with packets\n";
    std::map<std::string, Counts> totals;
    for (const WitnessSituation& situation : witness_situations()) {
      std::cout << situation.name << '\n';
      for (const char* network : {"this machine", "another"}) {
        std::cout << "  on " << std::left << std::setw(32) << network;
        for (const char* name : {"without", "with"}) {
          const Counts& counts = counts_[{&situation, network}][name];
          for (std::size_t i = 0; i < counts.size(); ++i) totals[name][i] += counts[i];
          std::cout << "  " << std::setw(19) << text_of(counts);
        }
        std::cout << '\n';
      }
    }
    std::cout << std::setw(37) << "total" << std::setw(21) << text_of(totals["without"]) << text_of(totals["with"])
              << '\n'
              << judge_->dropped() << " packets dropped by the judge, " << place_.relay->lost()
              << " lost by the relay, which was too slow\n";
    wrong_or_missing_ = totals["with"][1] + totals["with"][2];
  }

  static std::string text_of(const Counts& counts) {
    return std::to_string(counts[0]) + '/' + std::to_string(counts[1]) + '/' + std::to_string(counts[2]);
  }

  bool is_good() {
    return failures_ == 0 && judge_->dropped() == 0 && place_.relay->lost() == 0 && wrong_or_missing_ == 0;
  }

  const std::size_t connections_;
  Place place_;
  std::optional<Judge> judge_;
  std::map<std::string, std::unique_ptr<Server>> servers_;
  std::vector<Played> played_;
  std::map<testbed::Ends, std::size_t> seen_;
  std::map<std::pair<const WitnessSituation*, std::string>, std::map<std::string, Counts>> counts_;
  std::mutex mutex_;
  std::size_t failures_ = 0;
  std::size_t reports_ = 0;
  std::size_t wrong_or_missing_ = 0;
};

}  // namespace
}  // namespace closelab::kernel_test

int main(int, char** arguments) {
  using namespace closelab::kernel_test;
  const std::size_t connections = arguments[1] != nullptr ? std::stoull(arguments[1]) : 25;
  return run_in_private_network(arguments, [=] { return Test(connections).run(); });
}
