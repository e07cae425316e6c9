#include "net/testbed/frame_ring.h"

#include <linux/if_packet.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <atomic>
#include <bit>

#include "net/testbed/failed_call.h"

namespace closelab::testbed {
namespace {

constexpr std::size_t ring_bytes = 16 * 1024 * 1024;  // 8192 frames of Ethernet's size
/// The kernel puts no frame across two blocks. One holds the largest there is, so that slots, whose size is a power of
/// 2, follow each other without gaps.
constexpr std::size_t block_bytes = 128 * 1024;

/// What precedes a frame: the kernel's header, and its alignment.
std::size_t slot_for(std::size_t largest_frame) {
  return std::bit_ceil(TPACKET2_HDRLEN + TPACKET_ALIGNMENT + largest_frame);
}

void set(int socket, int option, const auto& value, const char* what) {
  if (::setsockopt(socket, SOL_PACKET, option, &value, sizeof value) != 0) fail(what);
}

}  // namespace

FrameRing::FrameRing(int socket, std::size_t largest_frame) : slot_bytes_(slot_for(largest_frame)) {
  // Version 3 hands over blocks, after a millisecond or more; version 2 each frame at once.
  set(socket, PACKET_VERSION, static_cast<int>(TPACKET_V2), "the version of a ring of frames");
  const tpacket_req request{.tp_block_size = block_bytes,
                            .tp_block_nr = ring_bytes / block_bytes,
                            .tp_frame_size = static_cast<unsigned>(slot_bytes_),
                            .tp_frame_nr = static_cast<unsigned>(ring_bytes / slot_bytes_)};
  set(socket, PACKET_RX_RING, request, "memory for a ring of frames");
  void* const memory = ::mmap(nullptr, ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, socket, 0);
  if (memory == MAP_FAILED) fail("mapping a ring of frames");
  memory_.reset(static_cast<std::byte*>(memory));
}

void FrameRing::Unmap::operator()(std::byte* memory) const { ::munmap(memory, ring_bytes); }

bool FrameRing::take(std::string& frame) {
  std::byte* const slot = memory_.get() + next_ * slot_bytes_;
  auto& header = *reinterpret_cast<tpacket2_hdr*>(slot);
  const std::atomic_ref status(header.tp_status);
  if ((status.load(std::memory_order_acquire) & TP_STATUS_USER) == 0) return false;
  frame.assign(reinterpret_cast<const char*>(slot + header.tp_mac), header.tp_snaplen);
  status.store(TP_STATUS_KERNEL, std::memory_order_release);
  next_ = (next_ + 1) % (ring_bytes / slot_bytes_);
  return true;
}

}  // namespace closelab::testbed
