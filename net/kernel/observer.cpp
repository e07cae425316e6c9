#include "net/kernel/observer.h"

#include <algorithm>
#include <utility>

#include "net/memory/insist.h"
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
// So often the witness is listened to when there is nobody to look at: its buffer is finite.
constexpr std::chrono::milliseconds longest_silence{100};
constexpr int max_looks_for_packets = 4;

constexpr std::size_t accepted_slots = 65536;

std::size_t slot_of(const TcpTuple& tuple) {
  std::uint32_t hash = tuple.local.port;
  for (const Endpoint* end : {&tuple.local, &tuple.remote}) {
    for (const std::uint8_t byte : end->address) hash = hash * 31 + byte;
  }
  return (hash ^ tuple.remote.port) % accepted_slots;
}

/// A socket that is found although it is CLOSED is on its way out, perhaps into TIME_WAIT; one that is gone is not
/// found.
bool is_passing(const SocketInfo& socket) { return socket.state == TcpState::closed && socket.cookie != 0; }

std::optional<CaptureGap> gap_in(const Testimony& testimony) {
  using Completeness = Testimony::Completeness;
  switch (testimony.completeness) {
    case Completeness::whole:
      break;
    case Completeness::gaps:
      return CaptureGap::packets_lost;
    case Completeness::cut:
      return CaptureGap::too_many_segments;
    case Completeness::unknown:
      return CaptureGap::syn_missing;
  }
  return std::nullopt;
}

}  // namespace

Observer::Observer(Switch lookups, Callback callback, std::uint64_t every, std::shared_ptr<Witness> witness)
    : lookups_(lookups),
      every_(every),
      callback_(std::move(callback)),
      last_accepted_(lookups == Switch::on ? accepted_slots : 0) {
  if (witness) testimonies_.emplace(std::move(witness));
  if (lookups_ == Switch::on) thread_ = std::thread([this] { run(); });
}

void Observer::accepted(std::uint64_t id, const TcpTuple& tuple, int fd) {
  if (lookups_ == Switch::on) last_accepted_[slot_of(tuple)].store(static_cast<std::uint32_t>(id));
  if (testimonies_ && looks_up(id)) testimonies_->accepted(id, {tuple.local, tuple.remote}, fd);
}

bool Observer::accepted_again(std::uint64_t id, const TcpTuple& tuple) const {
  const std::uint32_t last = last_accepted_[slot_of(tuple)].load();
  return last != 0 && last != static_cast<std::uint32_t>(id);
}

void Observer::follow(EndedConnection connection) {
  if (!looks_up(connection.id)) return settle_unseen(connection);
  std::unique_lock lock(mutex_);
  if (arrived_.size() + waiting_.size() >= max_queued) {
    lock.unlock();
    return settle_unseen(connection);
  }
  insist([this] { arrived_.emplace_back(); });
  arrived_.back().connection = std::move(connection);
  const bool wake = std::exchange(asleep_, false);
  lock.unlock();
  if (wake) changed_.notify_one();
}

void Observer::settle_unseen(EndedConnection& connection) {
  connection.note(Source::inferred, fact::NotObserved{});
  settle(connection);
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
  insist([this] { arrived_.reserve(arrived_.size() + waiting_.size()); });
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
    look(batch);
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
    if (testimonies_ && now >= caught_up_ + longest_silence) {
      catch_up(lock);
      continue;
    }
    // Who arrives before the next round may begin, or while others wait for it, needs no call of its own.
    const bool paces = now < last_round_ + pace;
    asleep_ = arrived_.empty() && !paces;
    const Clock::time_point next = paces ? std::min(next_round(), last_round_ + pace) : next_round();
    next == Clock::time_point::max() ? changed_.wait(lock) : static_cast<void>(changed_.wait_until(lock, next));
    asleep_ = false;
  }
}

void Observer::collect_due(Clock::time_point now, std::vector<Followed>& due) {
  due.swap(arrived_);
  insist([&] { due.reserve(due.size() + waiting_.size()); });
  const bool give_up = finishing_ && now >= finish_by_;
  while (!waiting_.empty() && (give_up || waiting_.begin()->first <= now)) {
    due.push_back(std::move(waiting_.extract(waiting_.begin()).mapped()));
  }
}

Observer::Clock::time_point Observer::next_round() const {
  Clock::time_point next = waiting_.empty() ? Clock::time_point::max() : waiting_.begin()->first;
  if (!arrived_.empty()) next = last_round_;
  next = std::max(next, last_round_ + pace);
  if (testimonies_) next = std::min(next, caught_up_ + longest_silence);
  return finishing_ ? std::min(next, finish_by_) : next;
}

void Observer::catch_up(std::unique_lock<std::mutex>& lock) {
  lock.unlock();
  listen_to_witness();
  lock.lock();
}

void Observer::listen_to_witness() {
  insist([this] { testimonies_->catch_up(); });
  caught_up_ = Clock::now();
}

/// One round of lookups for all of the batch; what is transitional comes back later.
void Observer::look(std::vector<Followed>& batch) {
  const std::vector<SocketInfo> found = insist([&] { return look_up(batch); });
  // After the lookups: what has led to those states has been captured.
  if (testimonies_) listen_to_witness();

  auto answer = found.begin();
  for (Followed& followed : batch) {
    const SocketInfo* peer = followed.peer_is_local ? &*answer++ : nullptr;
    const SocketInfo& own = *answer++;
    try {
      judge(followed, own, peer);
    } catch (const std::bad_alloc&) {
      // On what is known so far.
      settle_unseen(followed.connection);
    }
  }
}

std::vector<SocketInfo> Observer::look_up(std::vector<Followed>& batch) {
  std::vector<TcpTuple> tuples;
  for (Followed& followed : batch) {
    const TcpTuple& tuple = followed.connection.tuple;
    if (followed.looks == 0) followed.peer_is_local = peer_is_local(tuple);
    // The client's end first: should a new connection have the tuple by then, its server's end is there when ours is
    // looked up, and its cookie tells.
    if (followed.peer_is_local) tuples.push_back(tuple.swapped());
    tuples.push_back(tuple);
  }
  std::vector<SocketInfo> found(tuples.size());
  diag_.look_up(tuples, found);
  return found;
}

void Observer::judge(Followed& followed, const SocketInfo& own, const SocketInfo* peer) {
  const bool settled = digest(followed, own, peer) == Progress::settled && is_explained(followed);
  if (settled || !look_again_later(followed)) conclude(followed.connection);
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

/// Takes in the answers of one look.
Progress Observer::digest(Followed& followed, const SocketInfo& own, const SocketInfo* peer) {
  EndedConnection& connection = followed.connection;
  ++followed.looks;
  const bool peer_unknown = peer != nullptr && peer->state == TcpState::unknown;
  if (own.state == TcpState::unknown || peer_unknown) {
    connection.note(Source::sock_diag, fact::NotObserved{peer_unknown ? peer->error : own.error});
    return Progress::settled;
  }
  const bool peer_connects = peer != nullptr && peer->state == TcpState::syn_sent;
  if (peer_connects || (own.state != TcpState::closed && own.cookie != connection.cookie)) {
    connection.note(Source::sock_diag, fact::TupleReused{});
    return Progress::settled;
  }
  if (accepted_again(connection.id, connection.tuple)) {
    connection.note(Source::syscall, fact::TupleReused{});
    return Progress::settled;
  }
  if (is_passing(own) || (peer != nullptr && is_passing(*peer))) return Progress::transitional;
  const TcpState peer_state = peer != nullptr ? peer->state : TcpState::unknown;
  const Look look{own.state, peer_state, followed.looks, followed.own, followed.peer};
  if (is_doubtful(look, connection.evidence) && !std::exchange(followed.looked_twice, true))
    return Progress::transitional;
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
  connection.note(Source::sock_diag, fact::OwnSocket{own.state, own.timer});
  if (peer != nullptr) {
    followed.peer = peer->state;
    connection.note(Source::sock_diag, fact::PeerSocket{peer->state, peer->timer});
  } else if (first) {
    connection.note(Source::inferred, fact::PeerIsRemote{});
  }
}

/// Do the packets account for the state that our end was found in? Into TIME_WAIT lead two FINs, out of existence two
/// FINs or an RST. Another processor may be about to hand one of them over. A kernel that gave up has seen neither, and
/// nothing more will come.
bool Observer::is_explained(const Followed& followed) const {
  if (!testimonies_ || !is_final(followed.own) || followed.looks >= max_looks_for_packets) return true;
  const Testimony testimony = testimonies_->testimony(followed.connection.id);
  if (testimony.completeness != Testimony::Completeness::whole) return true;
  bool server_fin = false;
  bool client_fin = false;
  bool rst = false;
  for (const StorySegment& seen : testimony.segments) {
    if (seen.segment.fin) (seen.segment.from == Sender::server ? server_fin : client_fin) = true;
    rst = rst || seen.segment.rst;
  }
  return (server_fin && client_fin) || (rst && followed.own != TcpState::time_wait);
}

void Observer::note_testimony(EndedConnection& connection) {
  const Testimony testimony = testimonies_->testimony(connection.id);
  if (const auto gap = gap_in(testimony)) {
    const bool is_lost = *gap == CaptureGap::packets_lost;
    connection.note(Source::capture, fact::CaptureIncomplete{is_lost ? testimonies_->missed() : 0, *gap});
  }
  // Packets have the time of the wall clock.
  const auto since_accept = Clock::now() - connection.accepted_at;
  const auto accepted_at = std::chrono::system_clock::now() - since_accept;
  for (const StorySegment& seen : testimony.segments)
    connection.evidence.push_back({seen.at - accepted_at, Source::capture, seen.segment});
}

void Observer::conclude(EndedConnection& connection) {
  if (testimonies_) note_testimony(connection);
  settle(connection);
}

void Observer::settle(const EndedConnection& connection) {
  insist([&] {
    if (testimonies_) testimonies_->drop(connection.id);
  });
  insist(
      [&] { callback_(connection, derive_verdict(connection.evidence, connection.accepted_at), Progress::settled); });
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
