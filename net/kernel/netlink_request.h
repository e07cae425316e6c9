#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace closelab::net {

/// A netlink message to the kernel while it is written (netlink(7)): a header, fixed structures, attributes. Each of
/// them begins at a multiple of 4 bytes.
class NetlinkRequest {
 public:
  NetlinkRequest(std::uint16_t type, std::uint16_t flags, std::uint32_t sequence);

  template <class Struct>
  void add(const Struct& value) {
    append(std::as_bytes(std::span(&value, 1)));
  }
  void add_attribute(std::uint16_t type, std::span<const std::byte> value);
  /// With the null byte at its end.
  void add_attribute(std::uint16_t type, std::string_view text);
  /// What is added from here to end_nest() is the value of an attribute; returns what end_nest() takes.
  std::size_t begin_nest(std::uint16_t type);
  void end_nest(std::size_t nest);

  /// The message, whose header says how long it is.
  std::span<const std::byte> bytes();

 private:
  void append(std::span<const std::byte> value);

  std::vector<std::byte> bytes_;
};

}  // namespace closelab::net
