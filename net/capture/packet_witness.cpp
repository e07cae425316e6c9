#include "closelab/packet_witness.h"

#include "net/capture/filter.h"
#include "net/capture/frame.h"
#include "net/capture/live_capture.h"

namespace closelab {
namespace {

// The headers of LinkLayer::any_device, IPv6 and TCP, with their options.
constexpr std::uint32_t snapshot_bytes = 128;
// Some 30,000 segments: what 5,000 connections a second leave in more than a second.
constexpr std::size_t buffer_bytes = std::size_t{8} * 1024 * 1024;

class PacketWitness : public Witness {
 public:
  void watch(const Endpoint& listening) override { capture_.set_filter(capture::ending_filter_of(listening)); }

  void collect(std::vector<SeenSegment>& segments) override {
    capture_.collect([&](const capture::Frame& frame) {
      auto seen = capture::read_frame(frame.bytes, capture::LinkLayer::any_device);
      if (!seen) return;
      seen->at = frame.at;
      segments.push_back(*seen);
    });
  }

  std::uint64_t missed() override { return capture_.missed(); }

 private:
  capture::LiveCapture capture_{snapshot_bytes, buffer_bytes};
};

}  // namespace

std::shared_ptr<Witness> packet_witness() { return std::make_shared<PacketWitness>(); }

}  // namespace closelab
