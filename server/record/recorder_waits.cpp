// Those who wait for what happens to connections.

#include <algorithm>
#include <utility>

#include "server/record/recorder.h"
#include "server/text/longest_time.h"

namespace closelab::server {

bool Recorder::tell_waiters(const Entry& entry) {
  using Until = Barrier::Until;
  bool returned = false;
  ++changes_;
  for (Waiter* waiter : waiters_) {
    const Barrier& barrier = waiter->barrier;
    // Every connection is returned once to those who wait for any.
    const bool taken = barrier.until == Until::accepted ? entry.id() <= returned_accepted_
                                                        : barrier.until == Until::closed && returned;
    if (waiter->reached != Reached::no || (taken && !barrier.connection)) continue;
    waiter->reached = reached(barrier, entry.record_);
    if (waiter->reached != Reached::yes) continue;
    waiter->record = entry.copy();
    returned = returned || barrier.until == Until::closed;
    if (barrier.until == Until::accepted) returned_accepted_ = entry.id();
  }
  // Waking costs a system call; nobody waits while a server is under load.
  if (!waiters_.empty() || watchers_ > 0) condition_.notify_all();
  return returned;
}

void Recorder::look_up(Waiter& waiter) const {
  const auto found = entries_.find(*waiter.barrier.connection);
  waiter.reached = found != entries_.end() ? reached(waiter.barrier, found->second.record_)
                                           : reached_without_record(waiter.barrier, last_id_);
  if (waiter.reached == Reached::yes) waiter.record = found->second.in_order();
}

std::optional<ConnectionRecord> Recorder::wait(std::unique_lock<std::mutex>& lock, Waiter waiter,
                                               std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + bounded(timeout);
  waiters_.push_back(&waiter);
  condition_.wait_until(lock, deadline, [&] { return finished_ || waiter.reached != Reached::no; });
  std::erase(waiters_, &waiter);
  if (finished_) condition_.notify_all();
  return std::move(waiter.record);
}

/// Whoever waits has left before the recorder can be destroyed.
void Recorder::finish() {
  std::unique_lock lock(mutex_);
  finished_ = true;
  condition_.notify_all();
  condition_.wait(lock, [this] { return waiters_.empty() && watchers_ == 0; });
}

std::optional<ConnectionRecord> Recorder::wait_closed(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  if (last_settled_) return std::exchange(last_settled_, std::nullopt);
  if (unreturned_.empty()) return wait(lock, {{.until = Barrier::Until::closed}}, timeout);
  const std::uint64_t id = unreturned_.front();
  unreturned_.pop_front();
  return entries_.at(id).in_order();
}

std::optional<ConnectionRecord> Recorder::wait_closed(std::uint64_t id, std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  if (last_settled_ && last_settled_->id == id) return std::exchange(last_settled_, std::nullopt);
  Waiter waiter{{.until = Barrier::Until::closed, .connection = id}};
  look_up(waiter);
  std::erase(unreturned_, id);
  return wait(lock, std::move(waiter), timeout);
}

std::optional<ConnectionRecord> Recorder::wait_idle(std::uint64_t id, std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  Waiter waiter{{.until = Barrier::Until::idle}};
  if (id != 0) {
    waiter.barrier.connection = id;
    look_up(waiter);
  } else if (const Entry* entry = most_recently_idle()) {
    return entry->in_order();
  }
  return wait(lock, std::move(waiter), timeout);
}

std::optional<ConnectionRecord> Recorder::wait_peer_closed(std::uint64_t id, std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  Waiter waiter{{.until = Barrier::Until::peer_closed}};
  if (id != 0) {
    waiter.barrier.connection = id;
    look_up(waiter);
    return wait(lock, std::move(waiter), timeout);
  }
  for (const auto& [open_id, entry] : entries_) {
    const ConnectionRecord& record = entry.record_;
    if (record.phase != Phase::settled && reached(waiter.barrier, record) == Reached::yes) return entry.in_order();
  }
  return wait(lock, std::move(waiter), timeout);
}

std::optional<std::uint64_t> Recorder::wait_changed(std::uint64_t changes, Clock::time_point until) {
  std::unique_lock lock(mutex_);
  ++watchers_;
  condition_.wait_until(lock, until, [&] { return finished_ || changes != changes_; });
  --watchers_;
  if (!finished_) return changes_;
  condition_.notify_all();
  return std::nullopt;
}

bool Recorder::wait_all_settled(std::chrono::milliseconds timeout) {
  const auto deadline = Clock::now() + bounded(timeout);
  std::optional<std::uint64_t> changes = 0;
  while (counts().open > 0 && changes && Clock::now() < deadline) changes = wait_changed(*changes, deadline);
  return counts().open == 0;
}

Recorder::Alone Recorder::alone(std::chrono::milliseconds longer_than) const {
  const std::lock_guard lock(mutex_);
  Alone found;
  const Clock::time_point now = Clock::now();
  for (const auto& [id, entry] : entries_) {
    const ConnectionRecord& record = entry.record_;
    const bool may_be = record.phase == Phase::closing || record.verdict.client_left_in != TcpState::unknown;
    const auto since = may_be ? alone_since(record) : std::nullopt;
    if (!since) continue;
    const Clock::time_point due = entry.accepted_ + *since + longer_than;
    due <= now ? found.connections.push_back(entry.in_order()) : void(found.next = std::min(found.next, due));
  }
  return found;
}

std::chrono::nanoseconds Recorder::age(std::uint64_t id) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  return found != entries_.end() ? Clock::now() - found->second.accepted_ : std::chrono::nanoseconds(0);
}

std::optional<ConnectionRecord> Recorder::wait_accepted(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  const auto next = entries_.upper_bound(returned_accepted_);
  if (next == entries_.end()) return wait(lock, {{.until = Barrier::Until::accepted}}, timeout);
  returned_accepted_ = next->first;
  return next->second.in_order();
}

const Recorder::Entry* Recorder::most_recently_idle() const {
  const Entry* best = nullptr;
  for (const auto& [id, entry] : entries_) {
    const bool candidate = entry.record_.phase == Phase::idle && entry.idle_since_ > 0;
    if (candidate && (best == nullptr || entry.idle_since_ > best->idle_since_)) best = &entry;
  }
  return best;
}

}  // namespace closelab::server
