#include "server/connection/deadlines.h"

#include <algorithm>
#include <utility>

namespace closelab::server {

Deadlines::Deadlines(asio::io_context& io, Expired expired) : timer_(io.get_executor()), expired_(std::move(expired)) {
  for (DeadlineHook& list : lists_) list.previous = list.next = &list;
}

void Deadlines::set(DeadlineHook& hook, DeadlineKind kind, Clock::time_point when) {
  clear(hook);
  hook.kind = kind;
  hook.when = when;
  insert(hook);
  if (when < armed_for_) arm(when);
}

void Deadlines::clear(DeadlineHook& hook) {
  if (!hook.is_set()) return;
  hook.previous->next = hook.next;
  hook.next->previous = hook.previous;
  hook.previous = hook.next = nullptr;
}

void Deadlines::stop() {
  timer_.cancel();
  armed_for_ = Clock::time_point::min();
}

/// From the back: a deadline that is later than the others of its kind, the usual case, is appended at once.
void Deadlines::insert(DeadlineHook& hook) {
  DeadlineHook* list = &lists_[static_cast<std::size_t>(hook.kind)];
  DeadlineHook* before = list->previous;
  while (before != list && before->when > hook.when) before = before->previous;
  hook.previous = before;
  hook.next = before->next;
  before->next->previous = &hook;
  before->next = &hook;
}

/// A deadline that moves back leaves the timer alone: it fires early once and is armed again by the sweep.
void Deadlines::arm(Clock::time_point when) {
  armed_for_ = when;
  timer_.expires_at(when);
  // A wait that was cancelled by re-arming may still complete successfully, so the sweep trusts only the stored times.
  timer_.async_wait([this](const std::error_code& error) {
    if (!error) sweep();
  });
}

void Deadlines::sweep() {
  if (armed_for_ == Clock::time_point::min()) return;
  armed_for_ = Clock::time_point::max();
  const Clock::time_point now = Clock::now();
  while (DeadlineHook* due = first_due(now)) {
    clear(*due);
    expired_(*due->owner, due->kind);
  }
  const Clock::time_point next = earliest();
  if (next < armed_for_) arm(next);
}

DeadlineHook* Deadlines::first_due(Clock::time_point now) {
  for (DeadlineHook& list : lists_) {
    if (list.next != &list && list.next->when <= now) return list.next;
  }
  return nullptr;
}

Deadlines::Clock::time_point Deadlines::earliest() const {
  Clock::time_point result = Clock::time_point::max();
  for (const DeadlineHook& list : lists_) {
    if (list.next != &list) result = std::min(result, list.next->when);
  }
  return result;
}

}  // namespace closelab::server
