#include "server/lab/experiments/case_setup.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "net/socket/socket_address.h"
#include "net/testbed/two_views.h"

namespace closelab::lab {
namespace {

constexpr const char* client_device = "client";
constexpr const char* server_device = "server";
/// The heads of requests and responses, for whoever opens the file.
constexpr int snapshot_bytes = 256;

std::unique_ptr<testbed::Capture> capture(const char* device, const std::string& file) {
  return std::make_unique<testbed::Capture>(
      testbed::CaptureOptions{.device = device, .snapshot_bytes = snapshot_bytes, .file = file});
}

/// An address of 127/8 that nobody else is likely to use.
std::string own_loopback_address() {
  const auto pid = static_cast<unsigned>(::getpid());
  return fmt::format("127.{}.{}.{}", 64 + (pid >> 16) % 128, (pid >> 8) % 256, pid % 255 + 1);
}

void finish(testbed::Capture& capture, const Endpoint& nobody) {
  capture.finish(nobody);
  if (const unsigned missed = capture.dropped(); missed > 0)
    throw std::runtime_error(fmt::format("the machine was too slow to capture every packet: {} missed", missed));
}

/// Lines come in pairs: `TcpExt: NAME...`, then `TcpExt: VALUE...`.
void add_counters(const char* file, std::map<std::string, std::uint64_t>& counters) {
  std::ifstream in(file);
  std::string names;
  std::string values;
  while (std::getline(in, names) && std::getline(in, values)) {
    std::istringstream name_words(names);
    std::istringstream value_words(values);
    std::string name;
    std::string value;
    while (name_words >> name && value_words >> value)
      if (name != value) counters[name] += std::stoull(value);
  }
}

}  // namespace

/// Where no private network is allowed, the machine's own loopback shows a part.
void CaseSetup::find_place(const Case& played, const CaseSetupOptions& options) {
  shared_ = "it is asked for";
  try {
    if (options.in_private_network) {
      testbed::enter_private_network();
      testbed::enter_private_processes();
      shared_.clear();
    }
  } catch (const std::system_error& error) {
    shared_ = error.what();
  }
  client_host_ = testbed::Host::current();
  server_host_ = testbed::Host::current();
  if (shared_.empty()) return;
  if (played.network.hosts == Hosts::two || !played.sysctl.empty())
    throw std::runtime_error("it needs a private network: " + shared_);
  loopback_ = own_loopback_address();
}

CaseSetup::CaseSetup(const Case& played, const CaseSetupOptions& options) {
  find_place(played, options);
  if (played.network.hosts == Hosts::two) {
    set_up_two_hosts(played.network, options);
  } else if (shared_.empty()) {
    client_capture_ = capture("lo", options.pcap.empty() ? "" : options.pcap + ".pcapng");
  }
  set_sysctl(played);
  Settings settings = played.server;
  settings.options.listen.address = address_text(address(Side::server, 0));
  server_ = std::make_unique<ServerProcess>(std::move(settings), has_two_hosts() ? &*server_host_ : nullptr);
  enter(Side::server);
  server_diag_.emplace();
  enter(Side::client);
  client_diag_.emplace();
}

void CaseSetup::set_up_two_hosts(const Network& network, const CaseSetupOptions& options) {
  using testbed::client_address;
  using testbed::server_address;
  const testbed::LinkKind link = options.link ? *options.link : testbed::allowed_link();
  const std::string& pcap = options.pcap;
  testbed::Wire client = testbed::make_link(link, {client_device, client_address, server_address, network.mtu});
  client_capture_ = capture(client_device, pcap.empty() ? "" : pcap + ".client.pcapng");
  server_host_ = testbed::Host::create();
  testbed::Wire server = testbed::make_link(link, {server_device, server_address, client_address, network.mtu});
  server_capture_ = capture(server_device, pcap.empty() ? "" : pcap + ".server.pcapng");
  relay_ = std::make_unique<testbed::Relay>(std::move(client), std::move(server));
  relay_->set_delay(network.delay);
  enter(Side::client);
}

void CaseSetup::set_sysctl(const Case& played) const {
  if (played.sysctl.empty()) return;
  for (const Side side : {Side::server, Side::client}) {
    enter(side);
    for (const auto& [name, value] : played.sysctl) testbed::set_ipv4_sysctl(name, value);
  }
}

Endpoint CaseSetup::address(Side side, std::uint16_t port) const {
  const std::string of_two = side == Side::server ? testbed::server_address : testbed::client_address;
  return *net::parse_address(has_two_hosts() ? of_two : loopback_, port);
}

testbed::Relay& CaseSetup::relay() {
  if (!has_two_hosts()) throw std::runtime_error("there is no network between two hosts");
  return *relay_;
}

net::SockDiag& CaseSetup::sock_diag(Side side) { return side == Side::server ? *server_diag_ : *client_diag_; }

std::vector<TcpSocket> CaseSetup::sockets() const {
  std::vector<TcpSocket> result = tcp_sockets().sockets;
  if (has_two_hosts()) {
    enter(Side::server);
    std::ranges::move(tcp_sockets().sockets, std::back_inserter(result));
    enter(Side::client);
  }
  const Endpoint own = address(Side::server, 0);
  std::erase_if(result, [&](const TcpSocket& socket) {
    const bool is_own = shared_.empty() || socket.local.address == own.address || socket.remote.address == own.address;
    return !is_own || socket.state == TcpState::listen;
  });
  return result;
}

std::map<std::string, std::uint64_t> CaseSetup::counters() const {
  std::map<std::string, std::uint64_t> result;
  if (!shared_.empty()) return result;
  for (const Side side : {Side::server, Side::client}) {
    if (side == Side::server && !has_two_hosts()) continue;
    enter(side);
    for (const char* file : {"/proc/thread-self/net/netstat", "/proc/thread-self/net/snmp"}) add_counters(file, result);
  }
  return result;
}

void CaseSetup::collect() {
  if (client_capture_) client_capture_->collect();
  if (server_capture_) server_capture_->collect();
}

bool CaseSetup::has_captured(testbed::Match match, Side from) const {
  const testbed::Capture& capture = from == Side::server && has_two_hosts() ? *server_capture_ : *client_capture_;
  const Endpoint sender = address(from, 0);
  return std::ranges::any_of(capture.segments(), [&](const testbed::Segment& segment) {
    return segment.source.address == sender.address && testbed::matches(match, segment.packet);
  });
}

std::vector<testbed::Segment> CaseSetup::finish_capture() {
  if (!client_capture_) return {};
  if (has_two_hosts()) {
    enter(Side::server);
    finish(*server_capture_, address(Side::client, 0));
    enter(Side::client);
  }
  finish(*client_capture_, address(Side::server, 0));
  if (const std::uint32_t lost = relay_ ? relay_->lost() : 0; lost > 0)
    throw std::runtime_error(fmt::format("the machine was too slow to carry every packet: {} lost", lost));
  if (!has_two_hosts()) return client_capture_->take();
  return testbed::join_views(client_capture_->take(), server_capture_->take(), address(Side::client, 0));
}

void CaseSetup::save_captures(const PacketWords& words) const {
  if (client_capture_) client_capture_->save(words);
  if (server_capture_) server_capture_->save(words);
}

}  // namespace closelab::lab
