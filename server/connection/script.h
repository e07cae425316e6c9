#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "closelab/rule.h"
#include "server/rules/rule_book.h"

namespace closelab::server {

/// Does the moment come while, or right after, a response is sent?
bool is_in_response(At at);

/// Why a connection neither reads nor writes for now.
enum class Pause : std::uint8_t {
  none,
  delay,        ///< a rule's delay, or the pace of `slow`
  stall,        ///< a rule's stall
  hold,         ///< Server::hold_close()
  acknowledge,  ///< until the client has acknowledged everything, because an RST is to follow
  stream,       ///< until something is written to the response's BodyStream
};

/// What is special about one connection: the rules that are armed for it, and what they have started. Most
/// connections have none.
struct Script {
  using Clock = std::chrono::steady_clock;

  struct Armed {
    std::shared_ptr<BookedRule> booked;
    /// It has had its turn on this request.
    bool done = false;
    bool claimed = false;

    /// False when it has acted elsewhere as often as it may.
    bool claim() { return claimed || (claimed = booked->claim()); }
  };

  /// The first armed rule whose turn it is at this moment, at exactly (body triggers) `bytes`, or (`idle`) after
  /// `idle_for`; null when there is none.
  Armed* due(At at, std::uint64_t bytes = 0, std::chrono::milliseconds idle_for = {});
  bool has(At at) const;
  /// The next request has begun: what was armed for the last one has missed its moment.
  void forget_request();
  /// The body position, `from` or behind it, at which a rule waits for its turn.
  std::optional<std::uint64_t> next_stop(At body, std::uint64_t from) const;
  /// How long the connection must be idle for the next rule.
  std::optional<std::chrono::milliseconds> next_idle() const;
  /// Must the response be written piece by piece, because a rule acts in its middle?
  bool watches_response() const;
  /// Takes the turns of truncations in or behind a body of this length, which its head has to hide; those that have
  /// none left are done.
  void claim_truncations(std::optional<std::uint64_t> length);
  /// Where a body of this length (unset: not known) is cut off by a rule; unset: nowhere.
  std::optional<std::uint64_t> truncation(std::optional<std::uint64_t> length) const;

  struct Moment {
    At at = At::accept;
    std::uint64_t bytes = 0;
    std::chrono::milliseconds idle_for{};
  };

  std::vector<Armed> armed;
  /// Where a rule has made the connection wait: others may still have their turn there.
  std::optional<Moment> interrupted;
  Pause pause = Pause::none;
  Clock::time_point pause_until = Clock::time_point::max();
  /// The mode of a close that waits for acknowledgements.
  CloseMode pending_mode = CloseMode::lingering;
  /// Set by `slow` until the response is complete.
  std::optional<SlowAction> pace;
  Clock::time_point read_after{};
  Clock::time_point write_after{};
  /// A truncation that acted before its response: none of the body is sent.
  bool truncate_response = false;
  /// A response is on its way whose end is of interest.
  bool answering = false;
  Clock::time_point idle_since{};
  /// Response::idle_timeout.
  std::optional<std::chrono::milliseconds> idle_timeout;
};

}  // namespace closelab::server
