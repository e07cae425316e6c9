#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string_view>

namespace closelab {

/// What our side does to end a connection. In every mode the response is handed to the kernel first.
enum class CloseMode : std::uint8_t {
  /// FIN, then read and drop until the client's FIN, bounded by LingeringBounds, then close.
  /// Nothing is lost, and TIME_WAIT is the server's (RFC 9112 §9.6's staged close).
  lingering,
  /// FIN and close at once. Request bytes that are unread then, or that arrive later, make the
  /// kernel answer with RST, which can destroy a response that is still on its way.
  immediate,
  /// SO_LINGER{1,0} and close: RST, no TIME_WAIT on either side, unsent bytes lost (RFC 9293 §3.10.5).
  abortive,
  /// FIN, a pause of CloseTimes::delayed_time without reading, then close: RST if bytes are unread by then.
  delayed,
  /// FIN, then read and drop for as long as the client likes, up to CloseTimes::half_time: FIN_WAIT_2 on our side.
  half,
  /// Wait for the client's FIN up to CloseTimes::deferred_time, then as `lingering`. TIME_WAIT becomes the client's.
  /// It departs from RFC 9112 §9.6, by which the server that sent `close` must initiate the close.
  deferred,
  /// No FIN and no close, also after the client's FIN, until the server stops: CLOSE_WAIT, as a server that leaks
  /// connections leaves it.
  never,
};

std::string_view to_string(CloseMode mode);
std::optional<CloseMode> parse_close_mode(std::string_view name);

/// Every mode's name, for messages: `lingering, immediate, abortive...`.
std::string_view close_mode_names();

/// Bounds of the drain in mode `lingering`; whichever is reached first ends it by closing, which is
/// an RST when bytes are unread.
struct LingeringBounds {
  std::chrono::milliseconds time{2000};
  /// Enough for an upload that is refused early. A client that is still sending when the bound cuts the drain gets
  /// an RST, and many then report an error instead of reading the response that they already have.
  std::size_t bytes = 16 * 1024 * 1024;
};

/// How long the modes of the same names take.
struct CloseTimes {
  /// Between our FIN and close().
  std::chrono::milliseconds delayed_time{500};
  /// Longest wait for the client's FIN after ours.
  std::chrono::milliseconds half_time{60000};
  /// Longest wait for the client's FIN before ours.
  std::chrono::milliseconds deferred_time{3000};
};

/// When `lingering` and `delayed` are worth their time.
enum class LingeringWhen : std::uint8_t {
  always,
  /// Only when request bytes may be on their way: some are unread, or the request had a body; else as `immediate`.
  /// nginx's `lingering_close on`.
  unread,
};

std::string_view to_string(LingeringWhen when);
std::ostream& operator<<(std::ostream& out, CloseMode mode);
std::ostream& operator<<(std::ostream& out, LingeringWhen when);

}  // namespace closelab
