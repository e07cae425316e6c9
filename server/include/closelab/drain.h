#pragma once

#include <chrono>
#include <optional>

#include "closelab/switch.h"

namespace closelab {

/// How a server drains: it goes on serving, and gets rid of its connections. The defaults drain well; each option makes
/// a mistake that servers in the field make.
struct DrainOptions {
  /// Switch::on: every answer says `Connection: close` and ends its connection (RFC 9112 §9.6). Switch::off: answers go
  /// on promising persistence, and idle connections are closed without a word.
  Switch announce = Switch::on;
  /// How long a connection may stay idle from the beginning of the drain, or from its last answer; at most a year. With
  /// 0 those that are idle now are closed now. One that connects later has its idle_timeout for its first request.
  std::chrono::milliseconds idle_after{0};
  /// Every request is answered with this status (400 to 599) instead of its handler's answer, and the connection is
  /// kept: nothing is announced, and nothing idle is closed.
  std::optional<int> status{};

  friend bool operator==(const DrainOptions&, const DrainOptions&) = default;
};

}  // namespace closelab
