#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "closelab/record.h"
#include "closelab/witness.h"
#include "net/capture/live_capture.h"
#include "net/capture/pcapng.h"

namespace closelab::lab {

/// A packet, and what its headers say.
struct LoggedPacket {
  std::chrono::system_clock::time_point at{};
  std::vector<std::uint8_t> bytes{};
  std::uint32_t original_size = 0;
  std::optional<SeenSegment> seen{};
};

/// For each packet, the words of its connection's ladder. `port`: the server's. Pure.
std::vector<std::vector<std::string>> words_of(const std::vector<LoggedPacket>& packets, std::uint16_t port,
                                               const std::vector<ConnectionRecord>& records);

/// Captures all packets of a server's port, from construction on, up to a bound.
class PacketLog {
 public:
  /// Throws std::runtime_error when capturing is not allowed here: it needs CAP_NET_RAW.
  explicit PacketLog(const Endpoint& server);

  /// What was captured until now, as a pcapng file whose packets carry the words of the ladders as comments; with the
  /// last one of a connection, how it ended.
  std::string pcapng(const std::vector<ConnectionRecord>& records);

  struct Size {
    std::uint64_t packets = 0;
    /// Those that found the kernel's buffer, or this one, full.
    std::uint64_t missed = 0;
  };
  Size size();

 private:
  void run(const std::stop_token& stop);
  /// Under the lock.
  void collect();

  const std::uint16_t port_;
  capture::LiveCapture capture_;
  std::mutex mutex_;
  std::vector<LoggedPacket> packets_;
  std::size_t bytes_ = 0;
  std::uint64_t missed_ = 0;
  std::jthread thread_;
};

}  // namespace closelab::lab
