#include "net/teardown/teardown.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <limits>
#include <memory>
#include <utility>

#include "net/kernel/tcp_probe.h"
#include "net/socket/resource_error.h"

namespace closelab::net {
namespace {

using Clock = std::chrono::steady_clock;

void set_linger(int fd, std::chrono::seconds time) {
  const linger value{.l_onoff = 1, .l_linger = static_cast<int>(time.count())};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &value, sizeof value);
}

/// What SO_LINGER{1,0} and close() do, but that the descriptor, and with it what the kernel counts, stays: connect() to
/// no address ends a connection by RST (tcp_disconnect() in both cases). The lingering is for a kernel that refuses.
void reset(int fd) {
  set_linger(fd, std::chrono::seconds(0));
  const sockaddr nobody{.sa_family = AF_UNSPEC, .sa_data = {}};
  static_cast<void>(::connect(fd, &nobody, sizeof nobody));
}

/// With both FINs under way and nothing unsent there is no RST (Linux, tcp_disconnect()): RFC 9293 §3.10.5 has none
/// either.
bool is_dropped_silently(const fact::Sampled& before) {
  const bool both_fins = before.state == TcpState::closing || before.state == TcpState::last_ack;
  return both_fins && before.unsent == 0;
}

std::uint32_t as_count(std::uint64_t bytes) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(std::min(bytes, most));
}

}  // namespace

Teardown::Teardown(Stream& stream, EndedConnection connection, const TeardownOptions& options, Observer& observer,
                   BlockingCloser& closer)
    : stream_(stream), connection_(std::move(connection)), options_(options), observer_(observer), closer_(closer) {}

void Teardown::received_fin() {
  const bool known = std::exchange(fin_received_, true);
  // After an error recv() returns 0 too; that is no FIN.
  if (over_) return handle(TeardownEvent::received_fin);
  if (!known) connection_.note(Source::syscall, fact::ReceivedFin{});
  // CLOSED is TIME_WAIT, or an RST that came after the FIN: recv() says EOF all the same, SO_ERROR tells. Without our
  // FIN, close() will look.
  if (fin_sent_ && sample(SampleMoment::at_eof, SampleDepth::state).state == TcpState::closed) note_pending_error();
  handle(TeardownEvent::received_fin);
}

void Teardown::noticed_fin() {
  if (fin_received_ || std::exchange(fin_noticed_, true)) return;
  sample(SampleMoment::while_waiting, SampleDepth::queues);
}

/// The connection is over, or our side lacks what the call needs: then it still has to be ended.
void Teardown::failed(IoCall call, int error) {
  if (over_) return handle(TeardownEvent::failed);
  note_loss(call == IoCall::receive ? Fact(fact::ReceiveFailed{error}) : fact::SendFailed{error});
  const bool is_response_cut = !over_ && phase_ < TeardownPhase::draining;
  if (is_resource_error(error) && std::exchange(over_, false)) note_end();
  handle(is_response_cut ? TeardownEvent::incomplete : TeardownEvent::failed);
}

void Teardown::time_exceeded() {
  // Beyond the pause of mode `delayed`, and a FIN that was withheld for its time, nothing went otherwise than planned.
  if (phase_ == TeardownPhase::draining) {
    const auto after = std::chrono::round<std::chrono::milliseconds>(Clock::now() - waiting_since_);
    connection_.note(Source::syscall, fact::DrainTimeExceeded{after});
  }
  handle(TeardownEvent::time_exceeded);
}

void Teardown::note_request_unfinished(const fact::RequestUnfinished& what) {
  connection_.note(Source::inferred, what);
}

std::string_view Teardown::drain(std::span<char> scratch) {
  assert(wants_input());
  const std::size_t bound = has_byte_bound() ? options_.bounds.bytes : std::numeric_limits<std::size_t>::max();
  const std::size_t room = bound - std::min(dropped_, bound);
  // One byte beyond the bound tells "exactly as much as allowed, then FIN" from "too much".
  const IoResult result = stream_.receive(scratch.first(1 + std::min(scratch.size() - 1, room)));
  if (result.error == EAGAIN) return {};
  if (result.error != 0) {
    failed(IoCall::receive, result.error);
  } else if (result.bytes == 0) {
    received_fin();
  } else {
    dropped_ += result.bytes;
    if (dropped_ > bound) {
      connection_.note(Source::syscall, fact::DrainBytesExceeded{as_count(dropped_)});
      handle(TeardownEvent::bytes_exceeded);
    }
  }
  return {scratch.data(), result.bytes};
}

/// The modes that are there to wait do so however much the client sends.
bool Teardown::has_byte_bound() const { return options_.mode != CloseMode::half && options_.mode != CloseMode::never; }

std::optional<std::chrono::milliseconds> Teardown::time_bound() const {
  switch (phase_) {
    case TeardownPhase::draining:
      return options_.mode == CloseMode::half ? options_.times.half_time : options_.bounds.time;
    case TeardownPhase::paused:
      return options_.times.delayed_time;
    case TeardownPhase::withheld:
      if (options_.mode == CloseMode::never) return std::nullopt;
      return options_.times.deferred_time;
    default:
      return std::nullopt;
  }
}

std::optional<std::chrono::milliseconds> Teardown::time_left() const {
  const auto bound = time_bound();
  if (!bound) return std::nullopt;
  return std::chrono::ceil<std::chrono::milliseconds>(waiting_since_ + *bound - Clock::now());
}

void Teardown::handle(TeardownEvent event) {
  const auto step = next_step(options_.mode, phase_, event);
  assert(step && "an event that the teardown machine does not know in this phase");
  if (!step) return;
  phase_ = step->phase;
  switch (step->action) {
    case TeardownAction::none:
      return;
    case TeardownAction::withhold_fin:
      return withhold_fin();
    case TeardownAction::send_fin:
      send_fin(look(SampleDepth::queues));
      return;
    case TeardownAction::close:
      return close();
    case TeardownAction::abort:
      return abort();
  }
}

void Teardown::withhold_fin() {
  waiting_since_ = Clock::now();
  connection_.note(Source::syscall, fact::FinWithheld{time_bound().value_or(std::chrono::milliseconds(0))});
}

fact::Sampled Teardown::send_fin(const fact::Sampled& before) {
  waiting_since_ = Clock::now();
  // CLOSE_WAIT: the client's FIN was first, whatever has come on top of it when shutdown() returns.
  note(SampleMoment::before_fin, before);
  fin_sent_ = ::shutdown(stream_.fd(), SHUT_WR) == 0;
  connection_.note(Source::syscall, fin_sent_ ? Fact(fact::SentFin{}) : fact::ShutdownFailed{errno});
  // FIN_WAIT_1/2: ours was first; LAST_ACK: theirs; CLOSING: they crossed; CLOSED: the observer must look.
  const fact::Sampled after = sample(SampleMoment::after_fin, SampleDepth::queues);
  if (after.state == TcpState::closed) note_end();
  over_ = over_ || !fin_sent_;
  return after;
}

void Teardown::close() {
  if (options_.linger == std::chrono::seconds(0)) return abort();
  std::optional<std::uint32_t> unread;
  if (!fin_sent_ && !fin_received_ && !over_) {
    const fact::Sampled before = look(SampleDepth::queues);
    if (before.unread > 0) return reset_by_closing();
    const fact::Sampled after = send_fin(before);
    // Acknowledged, no FIN of the client's has crossed it, and there is nothing to be told by the client's end.
    awaits_look_ = fin_sent_ && !over_ && after.state != TcpState::fin_wait_2 && observer_.sees_client(connection_);
    if (awaits_look_) return;
    unread = after.unread;
  } else if (!over_) {
    close_after_waiting();
  }
  finish(How::closed, unread);
}

void Teardown::close_after_look(Observer& observer, std::span<Teardown* const> waiting) {
  std::array<EndedConnection*, most_looked_at> connections;
  std::array<TcpState, most_looked_at> own;
  assert(waiting.size() <= most_looked_at);
  std::ranges::transform(waiting, connections.begin(), [](Teardown* each) { return &each->connection_; });
  const std::span states = std::span(own).first(waiting.size());
  observer.look_at_clients(std::span(connections).first(waiting.size()), states);
  for (std::size_t i = 0; i < waiting.size(); ++i) waiting[i]->close_looked_at(states[i]);
}

/// Meanwhile something may have come.
void Teardown::close_looked_at(TcpState own) {
  awaits_look_ = false;
  if (own == TcpState::closed && look(SampleDepth::state).state == TcpState::closed) note_end();
  // Both FINs have been exchanged: what is unread makes no RST.
  const bool exchanged = own == TcpState::time_wait;
  finish(How::closed, exchanged ? std::optional<std::uint32_t>(0) : std::nullopt);
}

/// Between the last event and now things may have happened that nobody read: in a pause, in CLOSE_WAIT, or after a
/// drain that was cut short. After both FINs nothing can.
void Teardown::close_after_waiting() {
  if (fin_sent_ && fin_received_) return;
  if (sample(SampleMoment::before_close, SampleDepth::queues).state == TcpState::closed) note_end();
}

/// close() with bytes unread makes the kernel send RST instead of FIN.
void Teardown::reset_by_closing() {
  // A response that was held back for a FIN (MSG_MORE) would otherwise not be sent at all.
  stream_.push();
  hold_still();
  if (sample(SampleMoment::before_close, SampleDepth::queues).state == TcpState::closed) note_end();
  finish(How::closed);
}

void Teardown::abort() {
  hold_still();
  const fact::Sampled before = sample(SampleMoment::before_close, SampleDepth::queues);
  if (before.state == TcpState::closed) {
    note_end();
    return finish(How::closed);
  }
  reset(stream_.fd());
  finish(is_dropped_silently(before) ? How::dropped : How::aborted);
}

/// From here on the state changes only as we make it, but for a segment that another processor has already let in. A
/// client on this machine whose end is still ESTABLISHED has sent none.
void Teardown::hold_still() {
  dropped_before_ = dropped_segments(stream_.fd());
  holds_still_ = stop_receiving(stream_.fd());
  if (!holds_still_) return;
  connection_.note(Source::syscall, fact::StoppedReceiving{});
  if (fin_sent_ || fin_received_ || over_ || !observer_.sees_client(connection_)) return;
  EndedConnection* const connection = &connection_;
  TcpState own = TcpState::unknown;
  observer_.look_at_clients({&connection, 1}, {&own, 1});
}

/// FINs and RSTs that came meanwhile.
std::uint32_t Teardown::missed() const { return holds_still_ ? dropped_segments(stream_.fd()) - dropped_before_ : 0; }

/// What makes close() an RST: nothing once both FINs have been exchanged, though bytes are unread. After the client's
/// FIN, which recv() tells last, nothing comes.
std::uint32_t Teardown::count_unread(std::optional<std::uint32_t> known) {
  if (over_ || fin_received_) return 0;
  const std::uint32_t unread = known ? *known : unread_bytes(stream_.fd());
  if (unread == 0) return 0;
  unread_start_size_ = static_cast<std::uint8_t>(stream_.peek(unread_start_));
  // An RST of the client's after that look would leave close() without one.
  if (!holds_still_) hold_still();
  return look(SampleDepth::state).state == TcpState::closed ? 0 : unread;
}

void Teardown::finish(How how, std::optional<std::uint32_t> known_unread) {
  const std::uint32_t unread = count_unread(known_unread);
  if (dropped_ > 0) connection_.note(Source::syscall, fact::Drained{as_count(dropped_)});
  if (how == How::closed && options_.linger > std::chrono::seconds(0)) {
    unread_ = unread;
    blocking_fd_ = stream_.release();
    return;
  }
  const std::uint32_t missed = this->missed();
  const Fact closed = fact::Closed{.unread = unread, .missed = missed};
  const Fact aborted = fact::Aborted{.missed = missed, .silent = how == How::dropped};
  connection_.note(Source::syscall, how == How::closed ? closed : aborted);
  ::close(stream_.release());
}

void Teardown::hand_over() {
  assert(phase_ == TeardownPhase::closed);
  if (blocking_fd_ >= 0) return close_blocking();
  observer_.follow(std::move(connection_));
}

/// A timed SO_LINGER makes close() wait for the peer's ACK, which is measured.
void Teardown::close_blocking() {
  const auto connection = insist([] { return std::make_shared<EndedConnection>(); });
  *connection = std::move(connection_);
  const auto job = [fd = std::exchange(blocking_fd_, -1), unread = unread_, linger = *options_.linger,
                    &observer = observer_, connection] {
    set_linger(fd, linger);
    const Clock::time_point start = Clock::now();
    ::close(fd);
    const auto blocked = std::chrono::ceil<std::chrono::milliseconds>(Clock::now() - start);
    connection->note(Source::syscall, fact::Closed{.unread = unread, .blocked = blocked});
    observer.follow(std::move(*connection));
  };
  insist([&] { closer_.submit(job); });
}

fact::Sampled Teardown::look(SampleDepth depth) const { return sample_socket(stream_.fd(), depth, stream_.received()); }

fact::Sampled Teardown::sample(SampleMoment moment, SampleDepth depth) {
  const fact::Sampled sampled = look(depth);
  note(moment, sampled);
  return sampled;
}

void Teardown::note(SampleMoment moment, fact::Sampled sampled) {
  sampled.moment = moment;
  connection_.note(Source::tcp_info, sampled);
}

/// How the connection came to its end that nobody has read yet: an RST that came alone makes recv() fail. After a FIN
/// recv() says EOF, and SO_ERROR holds an RST.
int Teardown::note_end() {
  if (over_) return 0;
  if (fin_received_) return note_pending_error();
  // Sanitizers take MSG_TRUNC without a buffer for a write to address 0.
  std::array<char, 16 * 1024> dropped;
  IoResult result;
  do {
    result = stream_.receive(dropped);
    if (unread_start_size_ == 0) {
      unread_start_size_ = static_cast<std::uint8_t>(std::min(result.bytes, unread_start_.size()));
      std::copy_n(dropped.begin(), unread_start_size_, unread_start_.begin());
    }
  } while (result.bytes > 0);
  // An error that was told while there was no memory to note it.
  if (result.error == 0) result.error = stream_.told_error();
  if (result.error == 0) {
    fin_received_ = true;
    connection_.note(Source::syscall, fact::ReceivedFin{});
  }
  if (result.error == 0 || result.error == ENOTCONN) return note_pending_error();
  note_loss(fact::ReceiveFailed{result.error});
  return result.error;
}

int Teardown::note_pending_error() {
  const int pending = take_pending_error(stream_.fd());
  const int error = pending != 0 ? pending : stream_.told_error();
  if (error != 0) note_loss(fact::PendingError{error});
  return error;
}

/// The RST has not made the kernel forget how much was unacknowledged.
void Teardown::note_loss(Fact error) {
  connection_.note(Source::syscall, error);
  const TcpState state = sample(SampleMoment::at_error, SampleDepth::queues).state;
  over_ = state == TcpState::closed || state == TcpState::unknown;
}

}  // namespace closelab::net
