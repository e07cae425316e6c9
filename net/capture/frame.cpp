#include "net/capture/frame.h"

#include <netinet/in.h>

#include <algorithm>
#include <cstddef>

namespace closelab::capture {
namespace {

/// Reads numbers in network byte order; `good` turns false when the bytes do not suffice.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  bool good() const { return good_; }
  std::uint32_t number(std::size_t offset, std::size_t size) {
    std::uint32_t value = 0;
    for (const std::uint8_t byte : part(offset, size)) value = value << 8 | byte;
    return value;
  }
  std::uint16_t short_number(std::size_t offset) { return static_cast<std::uint16_t>(number(offset, 2)); }
  Endpoint address(std::size_t offset, AddressFamily family) {
    Endpoint endpoint{.family = family};
    std::ranges::copy(part(offset, family == AddressFamily::ipv4 ? 4 : 16), endpoint.address.begin());
    return endpoint;
  }

 private:
  std::span<const std::uint8_t> part(std::size_t offset, std::size_t size) {
    good_ = good_ && offset + size <= bytes_.size();
    return good_ ? bytes_.subspan(offset, size) : std::span<const std::uint8_t>{};
  }

  std::span<const std::uint8_t> bytes_;
  bool good_ = true;
};

std::size_t header_size(LinkLayer link) {
  switch (link) {
    case LinkLayer::ethernet:
      return 14;
    case LinkLayer::any_device:
      return 20;
    case LinkLayer::ip:
      break;
  }
  return 0;
}

void read_flags(std::uint32_t flags, fact::Segment& segment) {
  segment.fin = (flags & 0x01U) != 0;
  segment.syn = (flags & 0x02U) != 0;
  segment.rst = (flags & 0x04U) != 0;
  segment.ack = (flags & 0x10U) != 0;
}

/// `size`: of TCP's header and data, as IP tells.
bool read_tcp(Reader& in, std::size_t at, std::size_t size, SeenSegment& seen) {
  fact::Segment& segment = seen.segment;
  seen.source.port = in.short_number(at);
  seen.destination.port = in.short_number(at + 2);
  segment.sequence = in.number(at + 4, 4);
  segment.acknowledgement = in.number(at + 8, 4);
  const std::size_t header = (in.number(at + 12, 1) >> 4U) * std::size_t{4};
  read_flags(in.number(at + 13, 1), segment);
  if (header < 20 || size < header) return false;
  segment.payload = static_cast<std::uint32_t>(size - header);
  return in.good();
}

bool read_ipv4(Reader& in, SeenSegment& seen) {
  const std::size_t header = (in.number(0, 1) & 0x0fU) * std::size_t{4};
  const std::size_t size = in.number(2, 2);
  if (header < 20 || size < header || in.number(9, 1) != IPPROTO_TCP) return false;
  seen.source = in.address(12, AddressFamily::ipv4);
  seen.destination = in.address(16, AddressFamily::ipv4);
  return read_tcp(in, header, size - header, seen);
}

bool read_ipv6(Reader& in, SeenSegment& seen) {
  constexpr std::size_t header = 40;
  if (in.number(6, 1) != IPPROTO_TCP) return false;
  seen.source = in.address(8, AddressFamily::ipv6);
  seen.destination = in.address(24, AddressFamily::ipv6);
  return read_tcp(in, header, in.number(4, 2), seen);
}

}  // namespace

std::optional<SeenSegment> read_frame(std::span<const std::uint8_t> frame, LinkLayer link) {
  Reader in(frame.subspan(std::min(header_size(link), frame.size())));
  SeenSegment seen;
  const std::uint32_t version = in.number(0, 1) >> 4U;
  const bool understood = version == 4 ? read_ipv4(in, seen) : version == 6 && read_ipv6(in, seen);
  return understood ? std::optional(seen) : std::nullopt;
}

}  // namespace closelab::capture
