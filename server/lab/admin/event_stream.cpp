#include "server/lab/admin/event_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "server/lab/admin/reply.h"
#include "server/lab/json/record_json.h"

namespace closelab::lab {
namespace {

constexpr std::array event_types{EventType::accepted, EventType::request, EventType::idle, EventType::closing,
                                 EventType::settled};

std::string dropped_notice(std::uint64_t events) {
  return fmt::format("event: dropped\ndata: {{\"events\":{}}}\n\n", events);
}

Json event_data(const Event& event) {
  if (!event.request) return object({{"connection", to_json(event.record)}});
  return object({{"connection_id", event.record.id},
                 {"client", to_string(event.record.client)},
                 {"request", to_json(*event.request)}});
}

/// Writes the notice that is due in front; false when there is no room.
bool write(EventStream& stream, std::string_view text) {
  const std::string notice = stream.dropped > 0 ? dropped_notice(stream.dropped) : "";
  if (!stream.body.write(notice + std::string(text))) return false;
  stream.dropped = 0;
  return true;
}

/// False when the stream has had as many events as its rate allows for now.
bool take_turn(EventStream& stream) {
  if (!stream.per_tick) return true;
  if (stream.left_in_tick == 0) return false;
  --stream.left_in_tick;
  return true;
}

void count_down(EventStream& stream) {
  if (stream.limit && --*stream.limit == 0) stream.body.end();
}

}  // namespace

std::string_view to_string(EventType type) {
  switch (type) {
    case EventType::accepted:
      return "accepted";
    case EventType::request:
      return "request";
    case EventType::idle:
      return "idle";
    case EventType::closing:
      return "closing";
    case EventType::settled:
      return "settled";
  }
  return "";
}

std::optional<EventType> parse_event_type(std::string_view text) {
  for (const EventType type : event_types)
    if (to_string(type) == text) return type;
  return std::nullopt;
}

std::string event_type_names() {
  std::string names;
  for (const EventType type : event_types) names += fmt::format("{}{}", names.empty() ? "" : ", ", to_string(type));
  return names;
}

std::string format_event(const Event& event) {
  return fmt::format("event: {}\nid: {}\ndata: {}\n\n", to_string(event.type), event.number,
                     json_line(event_data(event)));
}

void EventStreams::add(EventStream stream) {
  stream.left_in_tick = stream.per_tick.value_or(0);
  streams_.push_back(std::move(stream));
}

void EventStreams::publish(EventType type, const std::function<std::string()>& format) {
  std::string text;
  for (EventStream& stream : streams_) {
    if ((stream.types & event_bit(type)) == 0) continue;
    const bool has_turn = take_turn(stream);
    if (has_turn && text.empty()) text = format();
    has_turn&& write(stream, text) ? count_down(stream) : static_cast<void>(++stream.dropped);
  }
  forget_closed();
}

void EventStreams::tick() {
  for (EventStream& stream : streams_) stream.left_in_tick = stream.per_tick.value_or(0);
}

std::optional<std::uint64_t> EventStreams::most_per_tick() const {
  if (streams_.empty()) return std::nullopt;
  std::uint64_t most = 0;
  for (const EventStream& stream : streams_) {
    if (!stream.per_tick) return std::nullopt;
    most = std::max(most, *stream.per_tick);
  }
  return most;
}

void EventStreams::lose(EventTypes types, std::uint64_t events) {
  for (EventStream& stream : streams_)
    if ((stream.types & types) != 0) stream.dropped += events;
}

void EventStreams::settle_debts() {
  for (EventStream& stream : streams_)
    if (stream.dropped > 0) write(stream, "");
  forget_closed();
}

void EventStreams::beat() {
  for (EventStream& stream : streams_) write(stream, ": still here\n\n");
  forget_closed();
}

void EventStreams::end_all() {
  for (const EventStream& stream : std::exchange(streams_, {})) stream.body.end();
}

EventTypes EventStreams::wanted() const {
  EventTypes types = 0;
  for (const EventStream& stream : streams_) types |= stream.types;
  return types;
}

bool EventStreams::has_debts() const {
  return std::ranges::any_of(streams_, [](const EventStream& stream) { return stream.dropped > 0; });
}

/// A stream that nobody else holds never got to its connection, which went away before.
void EventStreams::forget_closed() {
  std::erase_if(streams_, [](const EventStream& stream) {
    return !stream.body.is_open() || stream.body.state().use_count() == 1;
  });
}

}  // namespace closelab::lab
