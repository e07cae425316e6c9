#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/socket/unique_fd.h"

namespace closelab::capture {

/// LINKTYPE_ values of tcpdump.org, which pcapng files have for what a frame begins with.
enum class LinkType : std::uint16_t { ethernet = 1, raw_ip = 101, any_device = 276 };

/// Part of a pcapng file (draft-ietf-opsawg-pcapng), in this machine's byte order: blocks that a file begins with.
std::string pcapng_header(LinkType link, std::string_view application);

struct PcapngPacket {
  std::chrono::system_clock::time_point at{};
  std::span<const std::uint8_t> bytes{};
  /// How long the whole packet was; `bytes` may be its beginning.
  std::uint32_t original_size = 0;
  /// opt_comment: what a reader shows with the packet. UTF-8; what is longer than an option takes is cut.
  std::vector<std::string> comments{};
};

/// One packet: an Enhanced Packet Block.
std::string pcapng_block(const PcapngPacket& packet);

/// Opens a file for writing that only its owner can read, as packets hold what people sent; one that is there loses
/// what it held, a link is not followed. Throws std::system_error.
net::UniqueFd open_private_file(const std::string& path);
void write_private_file(const net::UniqueFd& file, const std::string& path, std::string_view bytes);
void write_private_file(const std::string& path, std::string_view bytes);

}  // namespace closelab::capture
