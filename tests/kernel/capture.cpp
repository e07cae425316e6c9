#include "tests/kernel/capture.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <tuple>

#include "net/socket_address.h"
#include "net/unique_fd.h"

namespace closelab::kernel_test {
namespace {

constexpr int headers_only = 128;
constexpr int buffer_bytes = 128 * 1024 * 1024;
constexpr int delivery_ms = 10;
// Nobody listens there: a SYN to it is the mark at which the capture ends.
constexpr std::uint16_t mark_port = 1;

void require(bool condition, pcap_t* handle, const char* what) {
  if (condition) return;
  const std::string text = std::string(what) + ": " + pcap_geterr(handle);
  pcap_close(handle);
  throw std::runtime_error(text);
}

std::uint16_t read_16(const unsigned char* at) { return static_cast<std::uint16_t>(at[0] << 8 | at[1]); }
std::uint32_t read_32(const unsigned char* at) {
  return static_cast<std::uint32_t>(read_16(at)) << 16 | read_16(at + 2);
}

Endpoint read_address(const unsigned char* at, AddressFamily family) {
  Endpoint endpoint;
  endpoint.family = family;
  std::copy_n(at, family == AddressFamily::ipv4 ? 4 : 16, endpoint.address.begin());
  return endpoint;
}

/// The shift of the window scale option in a SYN (RFC 7323 §2.2).
unsigned read_window_scale(const unsigned char* option, const unsigned char* end) {
  while (option < end && *option != 0) {
    if (*option == 1) {
      ++option;
      continue;
    }
    if (end - option < 2 || option[1] < 2) return 0;
    if (*option == 3 && end - option >= 3) return option[2];
    option += option[1];
  }
  return 0;
}

}  // namespace

Endpoint plain(Endpoint endpoint) {
  if (!is_v4_mapped(endpoint)) return endpoint;
  Endpoint result;
  result.family = AddressFamily::ipv4;
  result.port = endpoint.port;
  std::copy_n(endpoint.address.begin() + 12, 4, result.address.begin());
  return result;
}

bool operator<(const Ends& a, const Ends& b) {
  const auto key = [](const Ends& ends) {
    return std::tie(ends.client.port, ends.server.port, ends.client.family, ends.client.address, ends.server.address);
  };
  return key(a) < key(b);
}

Capture::Capture() {
  char error[PCAP_ERRBUF_SIZE] = "";
  handle_ = pcap_create("lo", error);
  if (handle_ == nullptr) throw std::runtime_error(std::string("pcap_create: ") + error);
  pcap_set_snaplen(handle_, headers_only);
  pcap_set_buffer_size(handle_, buffer_bytes);
  pcap_set_timeout(handle_, delivery_ms);
  pcap_set_tstamp_precision(handle_, PCAP_TSTAMP_PRECISION_NANO);
  require(pcap_activate(handle_) >= 0, handle_, "capturing on lo");
  require(pcap_datalink(handle_) == DLT_EN10MB, handle_, "the link layer of lo");
  bpf_program filter{};
  // `tcp` alone reads only the first headers; that is all of them here.
  require(pcap_compile(handle_, &filter, "tcp", 1, PCAP_NETMASK_UNKNOWN) == 0, handle_, "pcap_compile");
  const int set = pcap_setfilter(handle_, &filter);
  pcap_freecode(&filter);
  require(set == 0, handle_, "pcap_setfilter");
  thread_ = std::thread([this] { run(); });
}

Capture::~Capture() {
  if (thread_.joinable()) {
    pcap_breakloop(handle_);
    thread_.join();
  }
  if (handle_ != nullptr) pcap_close(handle_);
}

Captured Capture::finish() {
  const net::SocketAddress nobody = net::to_socket_address(*net::parse_address("127.0.0.1", mark_port));
  const net::UniqueFd mark(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(mark.get(), nobody.data(), nobody.length) == 0) throw std::runtime_error("somebody listens on port 1");
  thread_.join();
  pcap_stat statistics{};
  pcap_stats(handle_, &statistics);
  dropped_ = statistics.ps_drop + statistics.ps_ifdrop;
  return std::move(captured_);
}

void Capture::run() {
  const auto take_one = [](unsigned char* self, const pcap_pkthdr* header, const unsigned char* bytes) {
    reinterpret_cast<Capture*>(self)->take(*header, bytes);
  };
  while (!ended_ && pcap_dispatch(handle_, -1, take_one, reinterpret_cast<unsigned char*>(this)) >= 0) {
  }
}

void Capture::take(const pcap_pkthdr& header, const unsigned char* bytes) {
  Segment segment;
  if (!parse(header, bytes, segment)) return;
  if (segment.destination.port == mark_port) ended_ = true;
  add(segment);
}

bool Capture::parse(const pcap_pkthdr& header, const unsigned char* bytes, Segment& segment) {
  constexpr unsigned link = 14;
  const unsigned char* const end = bytes + header.caplen;
  const unsigned char* const ip = bytes + link;
  if (header.caplen < link + 40) return false;
  // With nanosecond precision the field holds nanoseconds.
  segment.packet.at = std::chrono::seconds(header.ts.tv_sec) + std::chrono::nanoseconds(header.ts.tv_usec);
  if (ip[0] >> 4 == 4) {
    const unsigned length = (ip[0] & 0x0fU) * 4;
    segment.packet.payload = read_16(ip + 2) - length;
    segment.source = read_address(ip + 12, AddressFamily::ipv4);
    segment.destination = read_address(ip + 16, AddressFamily::ipv4);
    return parse_tcp(ip + length, end, segment);
  }
  segment.packet.payload = read_16(ip + 4);
  segment.source = read_address(ip + 8, AddressFamily::ipv6);
  segment.destination = read_address(ip + 24, AddressFamily::ipv6);
  return parse_tcp(ip + 40, end, segment);
}

bool Capture::parse_tcp(const unsigned char* tcp, const unsigned char* end, Segment& segment) {
  if (end - tcp < 20) return false;
  const unsigned length = (tcp[12] >> 4U) * 4U;
  if (end - tcp < static_cast<std::ptrdiff_t>(length)) return false;
  segment.source.port = read_16(tcp);
  segment.destination.port = read_16(tcp + 2);
  Packet& packet = segment.packet;
  packet.sequence = read_32(tcp + 4);
  packet.acknowledgement = read_32(tcp + 8);
  packet.flags = tcp[13] & 0x1fU;
  packet.window = read_16(tcp + 14);
  packet.payload -= length;
  if (packet.has(syn)) segment.window_scale = read_window_scale(tcp + 20, tcp + length);
  return true;
}

/// A SYN with a new sequence number begins a connection; what it repeats, or what belongs to none, is part of the last.
void Capture::add(Segment& segment) {
  Packet& packet = segment.packet;
  Ends ends{segment.source, segment.destination};
  if (packet.has(syn) && !packet.has(ack)) {
    auto& connections = captured_[ends];
    const bool repeated = !connections.empty() && connections.back().front().sequence == packet.sequence;
    if (!repeated) connections.emplace_back();
    scales_[ends].client = segment.window_scale;
    return connections.back().push_back(packet);
  }
  auto found = captured_.find(ends);
  if (found == captured_.end()) {
    packet.from = Side::server;
    std::swap(ends.client, ends.server);
    found = captured_.find(ends);
  }
  if (found == captured_.end()) return;
  Scales& scales = scales_[ends];
  unsigned& scale = packet.from == Side::server ? scales.server : scales.client;
  if (packet.has(syn)) {
    scale = segment.window_scale;
  } else {
    packet.window <<= scale;
  }
  found->second.back().push_back(packet);
}

}  // namespace closelab::kernel_test
