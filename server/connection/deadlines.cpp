#include "server/connection/deadlines.h"

#include <algorithm>
#include <utility>

namespace closelab::server {

Deadlines::Deadlines(asio::io_context& io, Expired expired) : alarm_(io), expired_(std::move(expired)) {}

void Deadlines::set(DeadlineHook& hook, DeadlineKind kind, Clock::time_point when) {
  hook.kind = kind;
  hook.when = when;
  if (!hook.is_set()) {
    heap_.emplace_back();
    hook.place = static_cast<std::uint32_t>(heap_.size());
  }
  settle(hook.place - 1, {when, ++last_sequence_, &hook});
  if (when < alarm_.next()) arm(when);
}

void Deadlines::clear(DeadlineHook& hook) {
  if (!hook.is_set()) return;
  const std::size_t place = std::exchange(hook.place, 0) - 1;
  const Entry last = heap_.back();
  heap_.pop_back();
  if (place < heap_.size()) settle(place, last);
}

void Deadlines::put(std::size_t place, const Entry& entry) {
  heap_[place] = entry;
  entry.hook->place = static_cast<std::uint32_t>(place + 1);
}

void Deadlines::settle(std::size_t place, Entry entry) {
  while (place > 0 && entry < heap_[(place - 1) / 4]) {
    const std::size_t above = (place - 1) / 4;
    put(place, heap_[above]);
    place = above;
  }
  while (4 * place + 1 < heap_.size()) {
    const auto below = heap_.begin() + static_cast<std::ptrdiff_t>(4 * place + 1);
    const auto end = heap_.begin() + static_cast<std::ptrdiff_t>(std::min(4 * place + 5, heap_.size()));
    const auto least = std::min_element(below, end);
    if (!(*least < entry)) break;
    put(place, *least);
    place = static_cast<std::size_t>(least - heap_.begin());
  }
  put(place, entry);
}

/// A deadline that moves back leaves the timer alone: it fires early once and is armed again by the sweep, which trusts
/// only the stored times.
void Deadlines::arm(Clock::time_point when) {
  alarm_.set(when, [this] { sweep(); });
}

void Deadlines::sweep() {
  const Clock::time_point now = Clock::now();
  while (!heap_.empty() && heap_.front().when <= now) {
    DeadlineHook& due = *heap_.front().hook;
    clear(due);
    expired_(*due.owner, due.kind);
  }
  if (!heap_.empty() && heap_.front().when < alarm_.next()) arm(heap_.front().when);
}

}  // namespace closelab::server
