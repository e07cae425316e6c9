#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

struct pcap;

namespace closelab::capture {

/// A packet as it was on an interface.
struct Frame {
  std::chrono::system_clock::time_point at{};
  /// At most LiveCapture's `snapshot_bytes` of it, in LinkLayer::any_device.
  std::span<const std::uint8_t> bytes{};
  /// How long the whole packet was.
  std::uint32_t original_size = 0;
};

/// Captures on all interfaces of this network namespace: packets wait in a ring in memory that is shared with the
/// kernel, so that who looks there finds each at once, and nobody is woken for it.
class LiveCapture {
 public:
  /// Captures nothing yet. Throws std::runtime_error when capturing is not possible here.
  LiveCapture(std::uint32_t snapshot_bytes, std::size_t buffer_bytes);

  /// From now on captures what the expression (pcap-filter(7)) lets pass. Throws std::runtime_error when there is no
  /// such filter.
  void set_filter(const std::string& expression);
  /// Takes what is there now; never waits.
  void collect(const std::function<void(const Frame&)>& take);
  /// Packets that found the ring full, or that the interface lost.
  std::uint64_t missed() const;

 private:
  struct Close {
    void operator()(pcap* handle) const;
  };
  std::unique_ptr<pcap, Close> handle_;
};

}  // namespace closelab::capture
