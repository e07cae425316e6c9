#include "net/kernel/observer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "net/socket/socket_address.h"
#include "net/verdict/derive_verdict.h"

namespace closelab::net {
namespace {

using namespace std::chrono_literals;

// Enough for a client that closes when it sees our FIN. One that has not within `quiet` seldom does.
constexpr std::chrono::milliseconds last_look{20};
constexpr std::chrono::milliseconds quiet{5};
// Between looks during that time.
constexpr std::chrono::milliseconds last_pause{2};
constexpr std::size_t max_addresses = 4096;
// Between rounds of lookups: who closes after a pause is looked at once, and under load hundreds share the thread's
// wakeup and the calls.
constexpr std::chrono::milliseconds pace{1};

/// A socket that is found although it is CLOSED is on its way out, perhaps into TIME_WAIT; one that is gone is not
/// found.
bool is_passing(const SocketInfo& socket) { return socket.state == TcpState::closed && socket.cookie != 0; }

/// A socket that goes from these into FIN_WAIT_2 or TIME_WAIT is replaced by a smaller one, which no lookup finds until
/// it may be referred to (Linux, inet_twsk_hashdance): for an instant there seems to be none.
bool is_replaced_after(TcpState state) { return state == TcpState::fin_wait_1 || state == TcpState::closing; }

TcpState last_sampled(const EndedConnection& connection) {
  for (auto seen = connection.evidence.rbegin(); seen != connection.evidence.rend(); ++seen)
    if (seen->fact == Fact::sampled) return seen->state;
  return TcpState::unknown;
}

/// An RST takes both ends away at once, and into no further state.
bool is_reset(const Evidence& seen) {
  return seen.fact == Fact::aborted || seen.fact == Fact::receive_failed || seen.fact == Fact::send_failed ||
         seen.fact == Fact::pending_error || (seen.fact == Fact::closed && seen.unread > 0);
}

bool is_final(TcpState state) { return state == TcpState::closed || state == TcpState::time_wait; }

}  // namespace

std::chrono::milliseconds next_look(int looks) {
  static constexpr std::array<std::chrono::milliseconds, 5> pauses{1ms, 5ms, 20ms, 60ms, 250ms};
  const auto index = static_cast<std::size_t>(looks - 1);
  return index < pauses.size() ? pauses[index] : 1000ms;
}

Progress judge_states(TcpState own, TcpState peer, int looks) {
  if (own == TcpState::unknown) return Progress::settled;  // the kernel can't be asked
  if (!is_final(own)) return Progress::transitional;
  if (peer == TcpState::unknown || is_final(peer)) return Progress::settled;
  return looks >= 4 ? Progress::settled : Progress::transitional;
}

Observer::Observer(Switch lookups, Callback callback, std::uint64_t every)
    : lookups_(lookups), every_(every), callback_(std::move(callback)) {
  if (lookups_ == Switch::on) thread_ = std::thread([this] { run(); });
}

void Observer::follow(EndedConnection connection) {
  if (!looks_up(connection.id)) {
    connection.note(Source::inferred, Fact::not_observed);
    return settle(connection);
  }
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    Followed& added = arrived_.emplace_back();
    added.connection = std::move(connection);
    const bool skip = arrived_.size() + waiting_.size() > max_queued;
    if (skip) added.connection.note(Source::inferred, Fact::not_observed);
    added.looks = skip ? -1 : 0;
    wake = std::exchange(asleep_, false);
  }
  if (wake) changed_.notify_one();
}

void Observer::finish() {
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(finishing_, true)) begin_finish();
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

/// Whoever waits for a later look is looked at now.
void Observer::begin_finish() {
  const Clock::time_point now = Clock::now();
  finish_by_ = now + quiet;
  finish_latest_ = now + last_look;
  for (auto& [due, followed] : waiting_) arrived_.push_back(std::move(followed));
  waiting_.clear();
}

void Observer::run() {
  std::unique_lock lock(mutex_);
  // Changes places with `arrived_`, so that neither grows anew in every round.
  std::vector<Followed> batch;
  while (true) {
    take_due(lock, batch);
    if (batch.empty()) return;
    lock.unlock();
    process(batch);
    batch.clear();
    lock.lock();
  }
}

/// Waits for connections to look at; none only when all is done.
void Observer::take_due(std::unique_lock<std::mutex>& lock, std::vector<Followed>& due) {
  while (true) {
    const Clock::time_point now = Clock::now();
    if (finishing_ || now >= last_round_ + pace) {
      collect_due(now, due);
      if (!due.empty() || (finishing_ && waiting_.empty())) {
        last_round_ = now;
        return;
      }
    }
    // Who arrives while others already wait for the next round needs no call of its own.
    asleep_ = arrived_.empty();
    const Clock::time_point next = next_round();
    next == Clock::time_point::max() ? changed_.wait(lock) : static_cast<void>(changed_.wait_until(lock, next));
    asleep_ = false;
  }
}

void Observer::collect_due(Clock::time_point now, std::vector<Followed>& due) {
  due.swap(arrived_);
  const bool give_up = finishing_ && now >= finish_by_;
  while (!waiting_.empty() && (give_up || waiting_.begin()->first <= now)) {
    due.push_back(std::move(waiting_.extract(waiting_.begin()).mapped()));
  }
}

Observer::Clock::time_point Observer::next_round() const {
  Clock::time_point next = waiting_.empty() ? Clock::time_point::max() : waiting_.begin()->first;
  if (!arrived_.empty()) next = last_round_;
  next = std::max(next, last_round_ + pace);
  return finishing_ ? std::min(next, finish_by_) : next;
}

void Observer::process(std::vector<Followed>& batch) {
  const auto skipped = std::partition(batch.begin(), batch.end(), [](const Followed& f) { return f.looks >= 0; });
  for (auto followed = skipped; followed != batch.end(); ++followed) settle(followed->connection);
  batch.erase(skipped, batch.end());
  look(batch);
}

/// One round of lookups for all of the batch; what is transitional comes back later.
void Observer::look(std::vector<Followed>& batch) {
  std::vector<TcpTuple> tuples;
  for (Followed& followed : batch) {
    const TcpTuple& tuple = followed.connection.tuple;
    if (followed.looks == 0) followed.peer_is_local = peer_is_local(tuple);
    tuples.push_back(tuple);
    if (followed.peer_is_local) tuples.push_back(tuple.swapped());
  }
  std::vector<SocketInfo> found(tuples.size());
  diag_.look_up(tuples, found);

  auto answer = found.begin();
  for (Followed& followed : batch) {
    const SocketInfo& own = *answer++;
    const SocketInfo* peer = followed.peer_is_local ? &*answer++ : nullptr;
    if (digest(followed, own, peer) == Progress::settled) {
      settle(followed.connection);
      continue;
    }
    if (!look_again_later(followed)) settle(followed.connection);
  }
}

/// False when there is no time left for another look.
bool Observer::look_again_later(Followed& followed) {
  const Clock::time_point now = Clock::now();
  const std::lock_guard lock(mutex_);
  if (finishing_ && now >= finish_by_) return false;
  const auto pause = next_look(followed.looks);
  waiting_.emplace(now + (finishing_ ? std::min(pause, last_pause) : pause), std::move(followed));
  return true;
}

/// A state has changed: so may others.
void Observer::wait_longer() {
  const std::lock_guard lock(mutex_);
  if (finishing_) finish_by_ = std::min(finish_latest_, Clock::now() + quiet);
}

/// Whether an end that was not found may be there all the same.
bool Observer::may_be_replaced(const Followed& followed, const SocketInfo& own, const SocketInfo* peer) {
  if (own.state != TcpState::closed || std::ranges::any_of(followed.connection.evidence, is_reset)) return false;
  const TcpState before = followed.own == TcpState::unknown ? last_sampled(followed.connection) : followed.own;
  const bool both_gone = peer != nullptr && peer->state == TcpState::closed;
  return is_replaced_after(before) || (both_gone && (followed.looks == 1 || is_replaced_after(followed.peer)));
}

/// Takes in the answers of one look.
Progress Observer::digest(Followed& followed, const SocketInfo& own, const SocketInfo* peer) {
  EndedConnection& connection = followed.connection;
  ++followed.looks;
  const bool peer_unknown = peer != nullptr && peer->state == TcpState::unknown;
  if (own.state == TcpState::unknown || peer_unknown) {
    connection.note(Source::sock_diag, Fact::not_observed).error = peer_unknown ? peer->error : own.error;
    return Progress::settled;
  }
  if (own.state != TcpState::closed && own.cookie != connection.cookie) {
    connection.note(Source::sock_diag, Fact::tuple_reused);
    return Progress::settled;
  }
  if (is_passing(own) || (peer != nullptr && is_passing(*peer))) return Progress::transitional;
  if (may_be_replaced(followed, own, peer) && !std::exchange(followed.looked_twice, true))
    return Progress::transitional;
  const TcpState peer_state = peer != nullptr ? peer->state : TcpState::unknown;
  const Progress progress = judge_states(own.state, peer_state, followed.looks);
  if (own.state == followed.own && peer_state == followed.peer) return progress;
  note_states(followed, own, peer);
  if (followed.looks > 1) wait_longer();
  if (progress == Progress::transitional) {
    callback_(connection, derive_verdict(connection.evidence, connection.accepted_at), progress);
  }
  return progress;
}

void Observer::note_states(Followed& followed, const SocketInfo& own, const SocketInfo* peer) {
  EndedConnection& connection = followed.connection;
  const bool first = std::exchange(followed.own, own.state) == TcpState::unknown;
  Evidence& seen = connection.note(Source::sock_diag, Fact::own_socket);
  seen.state = own.state;
  seen.duration = own.timer;
  if (peer != nullptr) {
    followed.peer = peer->state;
    Evidence& peer_seen = connection.note(Source::sock_diag, Fact::peer_socket);
    peer_seen.state = peer->state;
    peer_seen.duration = peer->timer;
  } else if (first) {
    connection.note(Source::inferred, Fact::peer_is_remote);
  }
}

void Observer::look_at_peer(EndedConnection& connection) {
  const TcpTuple tuple = connection.tuple.swapped();
  if (!looks_up(connection.id) || tuple.local.address != tuple.remote.address) return;
  SocketInfo found;
  {
    const std::lock_guard lock(peer_mutex_);
    peer_diag_.look_up({&tuple, 1}, {&found, 1});
  }
  if (found.state == TcpState::unknown) return;
  Evidence& seen = connection.note(Source::sock_diag, Fact::peer_socket);
  seen.state = found.state;
  seen.duration = found.timer;
}

void Observer::settle(const EndedConnection& connection) {
  callback_(connection, derive_verdict(connection.evidence, connection.accepted_at), Progress::settled);
}

bool Observer::peer_is_local(const TcpTuple& tuple) {
  if (tuple.local.address == tuple.remote.address) return true;
  if (local_addresses_.size() >= max_addresses) local_addresses_.clear();
  const std::pair address(tuple.remote.address, tuple.remote.scope_id);
  const auto [known, is_new] = local_addresses_.try_emplace(address, false);
  if (is_new) known->second = is_local_address(tuple.remote);
  return known->second;
}

}  // namespace closelab::net
