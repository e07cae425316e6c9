#pragma once

#include <cstdint>

namespace closelab::net {

/// What became of a packet, where both ends were watched.
enum class Transit : std::uint8_t {
  unknown,    ///< it was seen in one place only
  delivered,  ///< it left one end and arrived at the other
  lost,       ///< it left, and never arrived
  repeated,   ///< it arrived, and had not left: the network delivered it again
};

}  // namespace closelab::net
