#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string_view>

namespace closelab {

/// What a Keep-Alive field says of a limit, which need not be what is enforced: a client may trust it or not.
template <class Value>
struct Advertised {
  enum class Kind : std::uint8_t {
    enforced,  ///< the limit itself
    off,       ///< nothing
    fixed,     ///< `value`
    offset,    ///< the limit and `value`, which may be negative; never less than 0
  };
  Kind kind = Kind::enforced;
  Value value{};

  friend bool operator==(const Advertised&, const Advertised&) = default;
};

/// To whom `Connection: keep-alive`, and with it the Keep-Alive field, is sent with a response that keeps the
/// connection.
enum class KeepAliveWhen : std::uint8_t {
  needed,  ///< where there is something to say in Keep-Alive, and to HTTP/1.0, which must be told (RFC 9112 §9.3)
  asked,   ///< only to a client that has sent `Connection: keep-alive` itself
  always,  ///< to every client, also without anything to say in Keep-Alive
};

/// The Keep-Alive field of responses that keep the connection.
struct KeepAliveHints {
  /// `timeout`, in whole seconds, rounded down; from `idle_timeout`.
  Advertised<std::chrono::milliseconds> timeout{};
  /// `max`, requests that the connection may still carry; from `request_limit`.
  Advertised<std::int64_t> max{};
  KeepAliveWhen when = KeepAliveWhen::needed;

  friend bool operator==(const KeepAliveHints&, const KeepAliveHints&) = default;
};

std::string_view to_string(KeepAliveWhen when);
std::ostream& operator<<(std::ostream& out, KeepAliveWhen when);
/// As in a conf file: `enforced`, `off`, `60s`, `-1s`.
std::ostream& operator<<(std::ostream& out, const Advertised<std::chrono::milliseconds>& hint);
std::ostream& operator<<(std::ostream& out, const Advertised<std::int64_t>& hint);
/// `timeout +5s, max off`, and `, when asked` unless it is `needed`.
std::ostream& operator<<(std::ostream& out, const KeepAliveHints& hints);

}  // namespace closelab
