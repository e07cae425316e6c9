#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace closelab::testbed {

/// Memory that the kernel fills with the frames of a packet socket (packet(7), PACKET_RX_RING). A socket's own buffer
/// holds some 250 small ones, and only the machine's root may have more (SO_RCVBUFFORCE); the ring is not counted in
/// it.
class FrameRing {
 public:
  /// Of a socket that is not bound yet. Throws std::system_error.
  FrameRing(int socket, std::size_t largest_frame);

  /// The oldest frame; false when none waits. The socket is readable while one does.
  bool take(std::string& frame);

 private:
  struct Unmap {
    void operator()(std::byte* memory) const;
  };

  std::size_t slot_bytes_;
  std::size_t next_ = 0;
  std::unique_ptr<std::byte, Unmap> memory_;
};

}  // namespace closelab::testbed
