#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "net/socket/unique_fd.h"
#include "net/testbed/frame_ring.h"
#include "net/testbed/segment.h"

namespace closelab::testbed {

/// The relay's end of a link: takes what the host sends, and sends what arrives at the host.
class Wire {
 public:
  /// A TUN device's descriptor, non-blocking.
  explicit Wire(net::UniqueFd tun) : fd_(std::move(tun)) {}
  /// A packet socket, blocking, and its ring.
  Wire(net::UniqueFd frames, FrameRing ring) : fd_(std::move(frames)), ring_(std::move(ring)) {}

  /// Readable when there is something to take.
  int fd() const { return fd_.get(); }
  /// What a packet begins with.
  LinkLayer layer() const { return ring_ ? LinkLayer::ethernet : LinkLayer::ip; }
  /// The packet that the host sent next; false when none waits.
  bool take(std::string& packet);
  /// Throws std::system_error where the link is gone.
  void send(const std::string& packet);
  /// How many packets are lost because there was no room: a network that loses what nobody told it to lose shows
  /// something else than it was to show.
  std::uint32_t lost();

 private:
  net::UniqueFd fd_;
  std::optional<FrameRing> ring_;
  std::uint32_t lost_ = 0;
};

}  // namespace closelab::testbed
