#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "closelab/handler.h"
#include "closelab/record.h"

namespace closelab::lab {

/// What the server tells while it happens.
enum class EventType : std::uint8_t { accepted, request, idle, closing, settled };

std::string_view to_string(EventType type);
std::optional<EventType> parse_event_type(std::string_view text);
/// `accepted, request, idle, closing, settled`
std::string event_type_names();

/// A set of event types, one bit each.
using EventTypes = unsigned;
constexpr EventTypes event_bit(EventType type) { return 1U << static_cast<unsigned>(type); }
inline constexpr EventTypes all_event_types = 0x1f;

struct Event {
  EventType type = EventType::accepted;
  /// Counted from 1.
  std::uint64_t number = 0;
  ConnectionRecord record;
  /// What a `request` event tells.
  std::optional<RequestRecord> request{};
};

/// As server-sent events have it: `event`, `id` and `data` with one JSON object, then an empty line.
std::string format_event(const Event& event);

/// One who reads events.
struct EventStream {
  BodyStream body;
  EventTypes types = all_event_types;
  /// The stream ends after so many.
  std::optional<std::uint64_t> limit{};
  /// So many events at most in one tick (EventStreams::tick()); others are dropped, and counted. Unset: any number.
  std::optional<std::uint64_t> per_tick{};
  /// What is left of that.
  std::uint64_t left_in_tick = 0;
  /// Events that did not fit into its buffer since the last notice.
  std::uint64_t dropped = 0;
};

/// Those who read events. A slow one loses events, and is told how many; nobody waits for it. Not synchronized.
class EventStreams {
 public:
  void add(EventStream stream);
  /// Asks for the event's text only when one of the streams takes it.
  void publish(EventType type, const std::function<std::string()>& format);
  /// Events of these types were lost before they could be published.
  void lose(EventTypes types, std::uint64_t events);
  /// Tells whoever lost events how many, if there is room by now, and forgets those who have gone.
  void settle_debts();
  /// Streams with a rate may take events again.
  void tick();
  /// How many events of a tick are worth keeping: none of the streams takes more. Unset: all.
  std::optional<std::uint64_t> most_per_tick() const;
  /// Writes a comment, so that one that has gone is noticed.
  void beat();
  void end_all();

  std::size_t size() const { return streams_.size(); }
  /// What any of them wants.
  EventTypes wanted() const;
  bool has_debts() const;

 private:
  void forget_closed();

  std::vector<EventStream> streams_;
};

}  // namespace closelab::lab
