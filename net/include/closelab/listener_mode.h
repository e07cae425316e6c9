#pragma once

#include <cstdint>
#include <iosfwd>
#include <string_view>

namespace closelab {

/// What somebody finds who connects.
enum class ListenerMode : std::uint8_t {
  accept,  ///< a server
  refuse,  ///< nothing that listens: an RST answers the SYN (ECONNREFUSED); the port stays bound
  /// Something that listens and accepts nobody: the kernel completes one handshake more than the accept queue is long,
  /// and then drops SYNs, so that connecting times out.
  ignore,
};

/// The name in conf files, flags and queries.
std::string_view to_string(ListenerMode mode);
std::ostream& operator<<(std::ostream& out, ListenerMode mode);

}  // namespace closelab
