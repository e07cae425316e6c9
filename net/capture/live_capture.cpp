#include "net/capture/live_capture.h"

#include <pcap/pcap.h>

#include <array>
#include <stdexcept>

namespace closelab::capture {
namespace {

/// Lets nothing pass.
constexpr const char* nothing = "less 0";

void require(bool condition, pcap* handle, const std::string& what) {
  if (!condition) throw std::runtime_error(what + ": " + pcap_geterr(handle));
}

/// Of a status that is none of its own pcap_statustostr() makes a text that all threads share.
void activate(pcap* handle) {
  const int status = pcap_activate(handle);
  if (status >= 0) return;
  throw std::runtime_error(std::string("capturing packets: ") + pcap_statustostr(status) + ": " + pcap_geterr(handle));
}

Frame frame_of(const pcap_pkthdr& header, const std::uint8_t* bytes) {
  // With nanosecond precision the field holds nanoseconds.
  const auto since_epoch = std::chrono::seconds(header.ts.tv_sec) + std::chrono::nanoseconds(header.ts.tv_usec);
  return {std::chrono::system_clock::time_point(since_epoch), {bytes, header.caplen}, header.len};
}

}  // namespace

void LiveCapture::Close::operator()(pcap* handle) const { pcap_close(handle); }

LiveCapture::LiveCapture(std::uint32_t snapshot_bytes, std::size_t buffer_bytes) {
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  handle_.reset(pcap_create("any", error.data()));
  if (!handle_) throw std::runtime_error(std::string("capturing packets: ") + error.data());
  pcap* const handle = handle_.get();
  pcap_set_snaplen(handle, static_cast<int>(snapshot_bytes));
  pcap_set_buffer_size(handle, static_cast<int>(buffer_bytes));
  pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO);
  // Without it packets would be handed over in blocks, late.
  pcap_set_immediate_mode(handle, 1);
  activate(handle);
  require(pcap_set_datalink(handle, DLT_LINUX_SLL2) == 0, handle, "capturing packets of all interfaces");
  require(pcap_setnonblock(handle, 1, error.data()) == 0, handle, "pcap_setnonblock");
  set_filter(nothing);
}

void LiveCapture::set_filter(const std::string& expression) {
  bpf_program program{};
  pcap* const handle = handle_.get();
  require(pcap_compile(handle, &program, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) == 0, handle, expression);
  const int set = pcap_setfilter(handle, &program);
  pcap_freecode(&program);
  require(set == 0, handle, "pcap_setfilter");
}

void LiveCapture::collect(const std::function<void(const Frame&)>& take) {
  const auto pass_on = [](unsigned char* to, const pcap_pkthdr* header, const unsigned char* bytes) {
    (*reinterpret_cast<const std::function<void(const Frame&)>*>(to))(frame_of(*header, bytes));
  };
  auto* const to = reinterpret_cast<unsigned char*>(const_cast<std::function<void(const Frame&)>*>(&take));
  while (pcap_dispatch(handle_.get(), -1, pass_on, to) > 0) {
  }
}

std::uint64_t LiveCapture::missed() const {
  pcap_stat statistics{};
  pcap_stats(handle_.get(), &statistics);
  return std::uint64_t{statistics.ps_drop} + statistics.ps_ifdrop;
}

}  // namespace closelab::capture
