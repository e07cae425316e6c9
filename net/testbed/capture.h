#pragma once

#include <pcap/pcap.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "net/testbed/segment.h"

namespace closelab::testbed {

struct CaptureOptions {
  /// An interface of the network namespace in which the capture is made.
  std::string device = "lo";
  /// How much of each packet is kept; the default holds every header.
  int snapshot_bytes = 128;
  /// Where packets wait in the kernel until collect().
  int buffer_bytes = 16 * 1024 * 1024;
  /// Empty, or the .pcapng file in which save() saves the packets.
  std::string file{};
};

/// Captures the TCP segments of an interface from construction on. The kernel hands them over in blocks, within 10 ms.
class Capture {
 public:
  /// Throws std::runtime_error when capturing is not possible here.
  explicit Capture(const CaptureOptions& options);
  ~Capture();
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  /// Readable when there is something to collect().
  int fd() const;
  static constexpr int most_at_once = 4096;
  /// Takes what the kernel has ready, that many packets at most; never waits.
  void collect();
  /// Takes everything captured until now. `nobody` is an endpoint that is reached through the device and where no one
  /// listens: the SYN that is sent there marks the end, and is not among the segments. Call it in the namespace of the
  /// device.
  void finish(const Endpoint& nobody);
  /// What was collected, in the order and with the times of the kernel (since the epoch).
  const std::vector<Segment>& segments() const { return segments_; }
  std::vector<Segment> take() { return std::move(segments_); }
  /// Saves what was collected in the file, with comments on the packets that were captured at those times. Nothing
  /// when there is no file. Throws std::system_error.
  void save(const std::map<std::chrono::nanoseconds, std::vector<std::string>>& comments) const;
  /// Packets that were missed.
  unsigned dropped() const;

 private:
  void take_one(const pcap_pkthdr& header, const unsigned char* bytes);

  pcap_t* handle_ = nullptr;
  struct Frame {
    std::chrono::nanoseconds at{};
    std::vector<unsigned char> bytes{};
    std::uint32_t original_size = 0;
  };
  const std::string file_;
  std::vector<Frame> frames_;
  LinkLayer link_ = LinkLayer::ethernet;
  std::vector<Segment> segments_;
  bool marked_ = false;
};

}  // namespace closelab::testbed
