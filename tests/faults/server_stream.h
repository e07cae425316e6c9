#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "net/testbed/packet.h"

namespace closelab::faults {

/// What the server sent on a connection, as captured. Times are since the epoch.
struct ServerStream {
  struct Piece {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    std::chrono::nanoseconds at{};

    std::uint64_t end() const { return offset + bytes; }
  };

  std::vector<Piece> pieces;
  std::uint64_t sent = 0;
  /// By the client.
  std::uint64_t acknowledged = 0;
  std::optional<std::chrono::nanoseconds> fin{};
  std::optional<std::chrono::nanoseconds> rst{};
  /// When the client sent its second piece: its second request.
  std::optional<std::chrono::nanoseconds> second_request{};

  /// The last piece that ends at the offset or before; null when there is none.
  const Piece* before(std::uint64_t offset) const;
  /// The pieces that hold bytes from there up to there.
  std::vector<Piece> between(std::uint64_t from, std::uint64_t to) const;
};

ServerStream read_stream(std::span<const testbed::Packet> packets);

}  // namespace closelab::faults
