#include "net/testbed/capture.h"

#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <stdexcept>

#include "net/capture/pcapng.h"
#include "net/socket/socket_address.h"
#include "net/socket/unique_fd.h"

namespace closelab::testbed {
namespace {

constexpr int delivery_ms = 10;
constexpr std::uint16_t mark_port = 1;
constexpr std::chrono::seconds patience{10};

void require(bool condition, pcap_t* handle, const std::string& what) {
  if (condition) return;
  const std::string text = what + ": " + pcap_geterr(handle);
  pcap_close(handle);
  throw std::runtime_error(text);
}

void set_filter(pcap_t* handle) {
  bpf_program filter{};
  // `tcp` alone reads only the first headers; that is all of them here.
  require(pcap_compile(handle, &filter, "tcp", 1, PCAP_NETMASK_UNKNOWN) == 0, handle, "pcap_compile");
  const int set = pcap_setfilter(handle, &filter);
  pcap_freecode(&filter);
  require(set == 0, handle, "pcap_setfilter");
}

void send_mark(Endpoint nobody) {
  nobody.port = mark_port;
  const net::SocketAddress address = net::to_socket_address(nobody);
  const net::UniqueFd mark(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // Its SYN is the mark, whatever becomes of it.
  static_cast<void>(::connect(mark.get(), address.data(), address.length));
}

}  // namespace

Capture::Capture(const CaptureOptions& options) : file_(options.file) {
  char error[PCAP_ERRBUF_SIZE] = "";
  handle_ = pcap_create(options.device.c_str(), error);
  if (handle_ == nullptr) throw std::runtime_error(std::string("pcap_create: ") + error);
  pcap_set_snaplen(handle_, options.snapshot_bytes);
  pcap_set_buffer_size(handle_, options.buffer_bytes);
  pcap_set_timeout(handle_, delivery_ms);
  pcap_set_tstamp_precision(handle_, PCAP_TSTAMP_PRECISION_NANO);
  require(pcap_activate(handle_) >= 0, handle_, "capturing on " + options.device);
  const int layer = pcap_datalink(handle_);
  require(layer == DLT_EN10MB || layer == DLT_RAW, handle_, "the link layer of " + options.device);
  link_ = layer == DLT_RAW ? LinkLayer::ip : LinkLayer::ethernet;
  set_filter(handle_);
  require(pcap_setnonblock(handle_, 1, error) == 0, handle_, "pcap_setnonblock");
}

Capture::~Capture() { pcap_close(handle_); }

int Capture::fd() const { return pcap_get_selectable_fd(handle_); }

void Capture::collect() {
  const auto take = [](unsigned char* self, const pcap_pkthdr* header, const unsigned char* bytes) {
    reinterpret_cast<Capture*>(self)->take_one(*header, bytes);
  };
  // Without a bound it goes on for as long as packets come as fast as they are taken, and who reads another ring as
  // well loses that one's.
  pcap_dispatch(handle_, most_at_once, take, reinterpret_cast<unsigned char*>(this));
}

void Capture::finish(const Endpoint& nobody) {
  send_mark(nobody);
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!marked_) {
    if (std::chrono::steady_clock::now() > until) throw std::runtime_error("the capture does not come to its end");
    pollfd entry{.fd = fd(), .events = POLLIN, .revents = 0};
    ::poll(&entry, 1, delivery_ms);
    collect();
  }
}

void Capture::take_one(const pcap_pkthdr& header, const unsigned char* bytes) {
  std::optional<Segment> segment = parse_segment({bytes, header.caplen}, link_);
  if (!segment) return;
  if (segment->destination.port == mark_port || segment->source.port == mark_port) {
    marked_ = true;
    return;
  }
  // With nanosecond precision the field holds nanoseconds.
  segment->packet.at = std::chrono::seconds(header.ts.tv_sec) + std::chrono::nanoseconds(header.ts.tv_usec);
  segments_.push_back(*segment);
  if (!file_.empty()) frames_.push_back({segment->packet.at, {bytes, bytes + header.caplen}, header.len});
}

void Capture::save(const std::map<std::chrono::nanoseconds, std::vector<std::string>>& comments) const {
  if (file_.empty()) return;
  using capture::LinkType;
  std::string bytes =
      capture::pcapng_header(link_ == LinkLayer::ip ? LinkType::raw_ip : LinkType::ethernet, "closelab");
  for (const Frame& frame : frames_) {
    const auto found = comments.find(frame.at);
    bytes += capture::pcapng_block({.at = std::chrono::system_clock::time_point(frame.at),
                                    .bytes = frame.bytes,
                                    .original_size = frame.original_size,
                                    .comments = found != comments.end() ? found->second : std::vector<std::string>{}});
  }
  capture::write_private_file(file_, bytes);
}

unsigned Capture::dropped() const {
  pcap_stat statistics{};
  pcap_stats(handle_, &statistics);
  return statistics.ps_drop + statistics.ps_ifdrop;
}

}  // namespace closelab::testbed
