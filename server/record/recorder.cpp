#include "server/record/recorder.h"

#include <algorithm>
#include <new>
#include <utility>

#include "server/record/outcome.h"

namespace closelab::server {
namespace {

/// What may have changed since the answer began; the rest is as it was, and strings are not copied again.
void bring_up_to_date(RequestRecord& kept, const RequestRecord& request) {
  kept.answered_at = request.answered_at;
  kept.answer_end = request.answer_end;
  kept.response_body_bytes = request.response_body_bytes;
  kept.answer_spoiled = request.answer_spoiled;
}

std::uint64_t& count_of(Phase phase, Counts& counts) {
  switch (phase) {
    case Phase::idle:
      return counts.idle;
    case Phase::active:
      return counts.active;
    case Phase::closing:
      return counts.closing;
    case Phase::settled:
      break;
  }
  return counts.settled;
}

/// A callback that runs out of memory has had its turn.
template <class Callback, class... Arguments>
void call(const Callback& callback, const Arguments&... arguments) {
  try {
    callback(arguments...);
  } catch (const std::bad_alloc&) {
  }
}

}  // namespace

const ConnectionRecord& Recorder::Entry::in_order() const {
  const auto oldest = record_.requests.begin() + static_cast<std::ptrdiff_t>(std::exchange(oldest_request_, 0));
  std::rotate(record_.requests.begin(), oldest, record_.requests.end());
  // Under load nobody looks at what is open, and a fact would take memory.
  if (record_.evidence.empty()) record_.evidence.push_back({.fact = fact::Accepted{}});
  return record_;
}

std::optional<ConnectionRecord> Recorder::Entry::copy() const {
  try {
    return in_order();
  } catch (const std::bad_alloc&) {
    return std::nullopt;
  }
}

void Recorder::tell(std::unique_lock<std::mutex>& lock, const Entry& entry, const Callback& callback) {
  if (!callback) return;
  const std::optional<ConnectionRecord> copy = entry.copy();
  lock.unlock();
  if (copy) call(callback, *copy);
}

Recorder::Entry& Recorder::accepted(const Endpoint& server, const Endpoint& client) {
  std::unique_lock lock(mutex_);
  const std::uint64_t id = last_id_ + 1;
  // After all others.
  Entry& entry = entries_.try_emplace(entries_.end(), id)->second;
  last_id_ = id;
  entry.accepted_ = std::chrono::steady_clock::now();
  ConnectionRecord& record = entry.record_;
  record.id = id;
  record.server = server;
  record.client = client;
  record.accepted_at = std::chrono::system_clock::now();
  record.close_mode = options_.close_mode;
  ++counts_.accepted;
  ++counts_.open;
  ++counts_.idle;
  tell_waiters(entry);
  tell(lock, entry, options_.on_accepted);
  return entry;
}

void Recorder::enter(ConnectionRecord& record, Phase phase) {
  --count_of(record.phase, counts_);
  ++count_of(phase, counts_);
  record.phase = phase;
}

void Recorder::active(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  // What waits for a hold to be released has decided to close already.
  if (found != entries_.end() && found->second.record_.phase == Phase::idle)
    enter(found->second.record_, Phase::active);
}

void Recorder::count_request(Entry& entry) {
  const std::lock_guard lock(mutex_);
  enter(entry.record_, Phase::active);
  ++entry.record_.request_count;
  ++counts_.requests;
  ++(entry.record_.request_count == 1 ? counts_.with_requests : counts_.reused);
}

void Recorder::ends_with_connection(Entry& entry, std::uint64_t request_number) {
  const std::lock_guard lock(mutex_);
  if (entry.until_close_ == 0) entry.until_close_ = request_number;
}

/// A request that is there already is brought up to date; one that has been pushed out stays away.
void Recorder::record_request(Entry& entry, const RequestRecord& request) const {
  std::vector<RequestRecord>& kept = entry.record_.requests;
  std::size_t position = kept.size();
  const auto at = [&](std::size_t from_oldest) -> RequestRecord& {
    return kept[(entry.oldest_request_ + from_oldest) % kept.size()];
  };
  while (position > 0 && at(position - 1).number > request.number) --position;
  if (position > 0 && at(position - 1).number == request.number) {
    bring_up_to_date(at(position - 1), request);
  } else if (position < kept.size()) {
    return;
  } else if (kept.size() < options_.requests_kept) {
    kept.push_back(request);
  } else if (!kept.empty()) {
    kept[entry.oldest_request_] = request;
    entry.oldest_request_ = (entry.oldest_request_ + 1) % kept.size();
  }
}

void Recorder::answering(Entry& entry, std::span<const RequestRecord> requests) {
  const std::lock_guard lock(mutex_);
  for (const RequestRecord& request : requests) record_request(entry, request);
}

void Recorder::answered(Entry& entry, std::span<const RequestRecord> requests) {
  std::unique_lock lock(mutex_);
  record_answered(lock, entry, requests);
}

void Recorder::record_answered(std::unique_lock<std::mutex>& lock, Entry& entry,
                               std::span<const RequestRecord> requests) {
  for (const RequestRecord& request : requests) record_request(entry, request);
  if (!options_.on_request || requests.empty()) return;
  const std::optional<ConnectionRecord> copy = entry.copy();
  if (!copy) return;
  lock.unlock();
  for (const RequestRecord& request : requests) call(options_.on_request, *copy, request);
  lock.lock();
}

void Recorder::body_received(Entry& entry, const RequestRecord& request) {
  const std::lock_guard lock(mutex_);
  for (RequestRecord& kept : entry.record_.requests) {
    if (kept.number != request.number) continue;
    kept.body_received_at = request.body_received_at;
    kept.request_body_bytes = request.request_body_bytes;
  }
}

void Recorder::local_client(Entry& entry, const LocalClient& client) {
  const std::lock_guard lock(mutex_);
  entry.record_.local_client = client;
}

std::pair<std::string, std::string> Recorder::last_request(const Entry& entry) const {
  const std::lock_guard lock(mutex_);
  const std::vector<RequestRecord>& kept = entry.record_.requests;
  if (kept.empty()) return {};
  const RequestRecord& last = kept[(entry.oldest_request_ + kept.size() - 1) % kept.size()];
  return {last.method, last.target};
}

void Recorder::idle(Entry& entry, std::span<const RequestRecord> requests) {
  std::unique_lock lock(mutex_);
  record_answered(lock, entry, requests);
  enter(entry.record_, Phase::idle);
  entry.idle_since_ = ++idle_sequence_;
  tell_waiters(entry);
  tell(lock, entry, options_.on_idle);
}

void Recorder::rule_fired(std::uint64_t id, RuleFiring firing) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end() || options_.requests_kept == 0) return;
  std::vector<RuleFiring>& fired = found->second.record_.rules_fired;
  if (fired.size() == options_.requests_kept) fired.erase(fired.begin());
  fired.push_back(std::move(firing));
}

void Recorder::paced(Entry& entry, const PacedPiece& piece) {
  const std::lock_guard lock(mutex_);
  std::vector<RuleFiring>& fired = entry.record_.rules_fired;
  const auto is_slow = [](const RuleFiring& firing) { return firing.pieces.has_value(); };
  const auto last = std::find_if(fired.rbegin(), fired.rend(), is_slow);
  if (last == fired.rend()) return;
  if (last->pieces->first.size() < PacedPieces::kept)
    last->pieces->first.push_back(piece);
  else
    ++last->pieces->left_out;
}

void Recorder::retry(std::uint64_t id, Retry retry, Source source) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  found->second.record_.retry = retry;
  found->second.record_.retry_source = source;
}

void Recorder::refused(Entry& entry, const std::string& why) {
  const std::lock_guard lock(mutex_);
  entry.record_.refusal = why;
}

void Recorder::closing(Entry& entry, CloseReason reason, CloseMode mode) {
  std::unique_lock lock(mutex_);
  ConnectionRecord& record = entry.record_;
  const bool is_news = record.phase != Phase::closing;
  enter(record, Phase::closing);
  record.close_reason = reason;
  record.close_mode = mode;
  tell_waiters(entry);
  if (is_news) tell(lock, entry, options_.on_closing);
}

void Recorder::observed(const net::EndedConnection& ended, const Verdict& verdict, net::Progress progress) {
  std::optional<ConnectionRecord> copy;
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(ended.id);
    if (found == entries_.end()) return;
    Entry& entry = found->second;
    entry.record_.verdict = verdict;
    entry.record_.evidence = ended.evidence;
    if (progress == net::Progress::transitional) {
      tell_waiters(entry);
      if (options_.on_progress) copy = entry.copy();
    } else {
      entry.in_order();
      judge_outcomes(entry.record_, entry.until_close_);
      take_note_of_settled(found);
      if (options_.on_settled) copy = entry.copy();
      if (copy) copy->phase = Phase::settled;
      settle(found);
    }
  }
  if (copy) call(progress == net::Progress::transitional ? options_.on_progress : options_.on_settled, *copy);
}

/// All of settling that takes memory; without it nothing has happened.
void Recorder::take_note_of_settled(Entries::iterator entry) {
  settled_order_.push_back({entry, std::chrono::steady_clock::now()});
  try {
    unreturned_.push_back(entry->first);
  } catch (const std::bad_alloc&) {
    settled_order_.pop_back();
    throw;
  }
}

void Recorder::settle(Entries::iterator entry) {
  enter(entry->second.record_, Phase::settled);
  --counts_.open;
  const auto now = settled_order_.back().at;
  if (tell_waiters(entry->second)) unreturned_.pop_back();
  if (options_.records_kept == 0 && !unreturned_.empty()) last_settled_ = entry->second.copy();
  while (settled_order_.size() > options_.records_kept) drop_oldest();
  while (is_over_age(now)) drop_oldest();
}

bool Recorder::is_over_age(std::chrono::steady_clock::time_point now) const {
  return options_.records_age && !settled_order_.empty() && now - settled_order_.front().at > *options_.records_age;
}

void Recorder::drop_oldest() {
  const Entries::iterator oldest = settled_order_.front().entry;
  settled_order_.pop_front();
  if (!unreturned_.empty() && unreturned_.front() == oldest->first) unreturned_.pop_front();
  entries_.erase(oldest);
  ++counts_.records_dropped;
}

std::vector<ConnectionRecord> Recorder::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<ConnectionRecord> result;
  result.reserve(entries_.size());
  for (const auto& [id, entry] : entries_) result.push_back(entry.in_order());
  return result;
}

std::vector<RequestRecord> Recorder::requests() const {
  struct Received {
    std::chrono::steady_clock::time_point at;
    const RequestRecord* request;
  };
  const std::lock_guard lock(mutex_);
  std::vector<Received> received;
  for (const auto& [id, entry] : entries_) {
    for (const RequestRecord& request : entry.in_order().requests) {
      received.push_back({entry.accepted_ + request.received_at, &request});
    }
  }
  std::ranges::stable_sort(received, {}, &Received::at);
  std::vector<RequestRecord> result;
  for (const Received& each : received) result.push_back(*each.request);
  return result;
}

void Recorder::visit(const std::function<void(const ConnectionRecord&)>& visit) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, entry] : entries_) visit(entry.in_order());
}

std::optional<ConnectionRecord> Recorder::find(std::uint64_t id) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  return found != entries_.end() ? std::optional(found->second.in_order()) : std::nullopt;
}

Counts Recorder::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace closelab::server
