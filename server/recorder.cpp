#include "server/recorder.h"

#include <algorithm>

namespace closelab::server {

std::uint64_t Recorder::accepted(const Endpoint& server, const Endpoint& client) {
  std::optional<ConnectionRecord> copy;
  std::uint64_t id = 0;
  {
    const std::lock_guard lock(mutex_);
    id = ++last_id_;
    ConnectionRecord& record = entries_[id].record;
    record.id = id;
    record.server = server;
    record.client = client;
    record.accepted_at = std::chrono::system_clock::now();
    record.close_mode = options_.close_mode;
    ++counts_.accepted;
    ++counts_.open;
    ++counts_.idle;
    if (options_.on_accepted) copy = record;
    changed();
  }
  if (copy) options_.on_accepted(*copy);
  return id;
}

std::uint64_t& Recorder::count_of(Phase phase) {
  switch (phase) {
    case Phase::idle:
      return counts_.idle;
    case Phase::active:
      return counts_.active;
    case Phase::closing:
      return counts_.closing;
    case Phase::settled:
      break;
  }
  return counts_.settled;
}

void Recorder::enter(ConnectionRecord& record, Phase phase) {
  --count_of(record.phase);
  ++count_of(phase);
  record.phase = phase;
}

void Recorder::active(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  // What waits for a hold to be released has decided to close already.
  if (found != entries_.end() && found->second.record.phase == Phase::idle) enter(found->second.record, Phase::active);
}

void Recorder::count_request(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  ConnectionRecord& record = found->second.record;
  enter(record, Phase::active);
  ++record.request_count;
  ++counts_.requests;
  ++(record.request_count == 1 ? counts_.with_requests : counts_.reused);
}

void Recorder::append_request(ConnectionRecord& record, const RequestRecord& request) {
  if (options_.requests_kept == 0) return;
  if (record.requests.size() == options_.requests_kept) record.requests.erase(record.requests.begin());
  record.requests.push_back(request);
}

void Recorder::answered(std::uint64_t id, std::span<const RequestRecord> requests) {
  std::optional<ConnectionRecord> copy;
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(id);
    if (found == entries_.end()) return;
    for (const RequestRecord& request : requests) append_request(found->second.record, request);
    if (options_.on_request) copy = found->second.record;
  }
  if (!copy) return;
  for (const RequestRecord& request : requests) options_.on_request(*copy, request);
}

void Recorder::idle(std::uint64_t id) {
  std::optional<ConnectionRecord> copy;
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(id);
    if (found == entries_.end()) return;
    enter(found->second.record, Phase::idle);
    found->second.idle_since = ++idle_sequence_;
    if (options_.on_idle) copy = found->second.record;
    changed();
  }
  if (copy) options_.on_idle(*copy);
}

void Recorder::rule_fired(std::uint64_t id, RuleFiring firing) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end() || options_.requests_kept == 0) return;
  std::vector<RuleFiring>& fired = found->second.record.rules_fired;
  if (fired.size() == options_.requests_kept) fired.erase(fired.begin());
  fired.push_back(std::move(firing));
}

void Recorder::retry(std::uint64_t id, Retry retry) {
  const std::lock_guard lock(mutex_);
  if (const auto found = entries_.find(id); found != entries_.end()) found->second.record.retry = retry;
}

void Recorder::closing(std::uint64_t id, CloseReason reason, CloseMode mode) {
  std::optional<ConnectionRecord> copy;
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(id);
    if (found == entries_.end()) return;
    ConnectionRecord& record = found->second.record;
    const bool is_news = record.phase != Phase::closing;
    enter(record, Phase::closing);
    record.close_reason = reason;
    record.close_mode = mode;
    if (is_news && options_.on_closing) copy = record;
  }
  if (copy) options_.on_closing(*copy);
}

void Recorder::observed(const net::EndedConnection& ended, const Verdict& verdict, net::Progress progress) {
  std::optional<ConnectionRecord> copy;
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(ended.id);
    if (found == entries_.end()) return;
    Entry& entry = found->second;
    entry.record.verdict = verdict;
    entry.record.evidence = ended.evidence;
    if (progress == net::Progress::transitional) return;
    if (options_.on_settled) copy = entry.record;
    if (copy) copy->phase = Phase::settled;
    settle(entry);
  }
  if (copy) options_.on_settled(*copy);
}

void Recorder::settle(Entry& entry) {
  enter(entry.record, Phase::settled);
  --counts_.open;
  settled_order_.push_back(entry.record.id);
  unreturned_.push_back(entry.record.id);
  while (settled_order_.size() > options_.records_kept) drop_oldest();
  changed();
}

void Recorder::drop_oldest() {
  const std::uint64_t id = settled_order_.front();
  settled_order_.pop_front();
  if (!unreturned_.empty() && unreturned_.front() == id) unreturned_.pop_front();
  entries_.erase(id);
  ++counts_.records_dropped;
}

/// Waking costs a system call; nobody waits while a server is under load.
void Recorder::changed() {
  if (waiters_ > 0) condition_.notify_all();
}

template <class Ready>
std::optional<ConnectionRecord> Recorder::wait(std::chrono::milliseconds timeout, Ready ready) {
  // A wait "for ever" must not overflow the clock.
  const auto deadline =
      std::chrono::steady_clock::now() + std::min<std::chrono::milliseconds>(timeout, std::chrono::hours(24 * 365));
  std::unique_lock lock(mutex_);
  ++waiters_;
  std::optional<ConnectionRecord> result = ready();
  while (!result && condition_.wait_until(lock, deadline) == std::cv_status::no_timeout) result = ready();
  if (!result) result = ready();
  --waiters_;
  return result;
}

std::optional<ConnectionRecord> Recorder::wait_closed(std::chrono::milliseconds timeout) {
  return wait(timeout, [this]() -> std::optional<ConnectionRecord> {
    if (unreturned_.empty()) return std::nullopt;
    const std::uint64_t id = unreturned_.front();
    unreturned_.pop_front();
    return entries_.at(id).record;
  });
}

std::optional<ConnectionRecord> Recorder::wait_closed(std::uint64_t id, std::chrono::milliseconds timeout) {
  return wait(timeout, [this, id]() -> std::optional<ConnectionRecord> {
    const auto found = entries_.find(id);
    if (found == entries_.end() || found->second.record.phase != Phase::settled) return std::nullopt;
    std::erase(unreturned_, id);
    return found->second.record;
  });
}

std::optional<ConnectionRecord> Recorder::wait_idle(std::uint64_t id, std::chrono::milliseconds timeout) {
  return wait(timeout, [this, id]() -> std::optional<ConnectionRecord> {
    const Entry* entry = most_recently_idle(id);
    return entry != nullptr ? std::optional(entry->record) : std::nullopt;
  });
}

std::optional<ConnectionRecord> Recorder::wait_accepted(std::chrono::milliseconds timeout) {
  return wait(timeout, [this]() -> std::optional<ConnectionRecord> {
    const auto next = entries_.upper_bound(returned_accepted_);
    if (next == entries_.end()) return std::nullopt;
    returned_accepted_ = next->first;
    return next->second.record;
  });
}

const Recorder::Entry* Recorder::most_recently_idle(std::uint64_t id) const {
  const Entry* best = nullptr;
  for (const auto& [entry_id, entry] : entries_) {
    const bool candidate = entry.record.phase == Phase::idle && entry.idle_since > 0 && (id == 0 || id == entry_id);
    if (candidate && (best == nullptr || entry.idle_since > best->idle_since)) best = &entry;
  }
  return best;
}

std::vector<ConnectionRecord> Recorder::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<ConnectionRecord> result;
  result.reserve(entries_.size());
  for (const auto& [id, entry] : entries_) result.push_back(entry.record);
  return result;
}

std::vector<RequestRecord> Recorder::requests() const {
  struct Received {
    std::chrono::system_clock::time_point at;
    const RequestRecord* request;
  };
  const std::lock_guard lock(mutex_);
  std::vector<Received> received;
  for (const auto& [id, entry] : entries_) {
    for (const RequestRecord& request : entry.record.requests) {
      const auto since = std::chrono::duration_cast<std::chrono::system_clock::duration>(request.received_at);
      received.push_back({entry.record.accepted_at + since, &request});
    }
  }
  std::ranges::stable_sort(received, {}, &Received::at);
  std::vector<RequestRecord> result;
  for (const Received& each : received) result.push_back(*each.request);
  return result;
}

void Recorder::visit(const std::function<void(const ConnectionRecord&)>& visit) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, entry] : entries_) visit(entry.record);
}

std::optional<ConnectionRecord> Recorder::find(std::uint64_t id) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  return found != entries_.end() ? std::optional(found->second.record) : std::nullopt;
}

Counts Recorder::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace closelab::server
