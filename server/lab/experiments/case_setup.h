#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "closelab/tcp_table.h"
#include "net/kernel/sock_diag.h"
#include "net/testbed/capture.h"
#include "net/testbed/link.h"
#include "net/testbed/network.h"
#include "net/testbed/relay.h"
#include "server/lab/experiments/experiment.h"
#include "server/lab/experiments/packet_words.h"
#include "server/lab/experiments/server_process.h"

namespace closelab::lab {

struct CaseSetupOptions {
  bool in_private_network = true;
  /// Empty, or the captures' file name without `.pcapng`.
  std::string pcap{};
  /// What joins two hosts; empty: what is allowed here.
  std::optional<testbed::LinkKind> link{};
};

/// Where a case is played: hosts, the network between them, the server, and witnesses of what happens. Made in a
/// process without threads that is given up afterwards: it moves into a private network, or stays on this machine's
/// loopback where that is asked for, or all that is allowed.
class CaseSetup {
 public:
  /// Throws std::exception when there is something that the case needs and that is not allowed here.
  CaseSetup(const Case& played, const CaseSetupOptions& options);

  /// Why it is this machine's loopback, where packets, counters and netstat show what others do, too; empty when it is
  /// a private network.
  const std::string& shared() const { return shared_; }

  /// Moves this thread there; sockets that it makes belong to that host.
  void enter(Side side) const {
    if (has_two_hosts()) host(side).enter();
  }
  Endpoint address(Side side, std::uint16_t port) const;
  ServerProcess& server() { return *server_; }
  /// Throws std::runtime_error when there is one host only.
  testbed::Relay& relay();

  /// The kernel's table of sockets of that side's host.
  net::SockDiag& sock_diag(Side side);
  /// Sockets of the play, but for listeners.
  std::vector<TcpSocket> sockets() const;
  /// Counters of /proc/net/netstat and snmp, over both hosts.
  std::map<std::string, std::uint64_t> counters() const;
  /// Takes the packets that the kernel has ready.
  void collect();
  /// Whether that side has sent such a packet, as far as collect() has seen.
  bool has_captured(testbed::Match match, Side from) const;
  /// Every segment until now, in the order of sending; ends the capture.
  std::vector<testbed::Segment> finish_capture();
  /// Saves the packets, with what is to be said of them, where that is asked for.
  void save_captures(const PacketWords& words) const;

 private:
  const testbed::Host& host(Side side) const { return side == Side::server ? *server_host_ : *client_host_; }
  bool has_two_hosts() const { return relay_ != nullptr; }
  void find_place(const Case& played, const CaseSetupOptions& options);
  void set_up_two_hosts(const Network& network, const CaseSetupOptions& options);
  void set_sysctl(const Case& played) const;

  std::string shared_;
  /// The address of both ends where there is one host.
  std::string loopback_ = "127.0.0.1";
  std::optional<testbed::Host> client_host_;
  std::optional<testbed::Host> server_host_;
  std::unique_ptr<testbed::Relay> relay_;
  std::unique_ptr<ServerProcess> server_;
  std::optional<net::SockDiag> client_diag_;
  std::optional<net::SockDiag> server_diag_;
  std::unique_ptr<testbed::Capture> client_capture_;
  /// Only of two hosts.
  std::unique_ptr<testbed::Capture> server_capture_;
};

}  // namespace closelab::lab
