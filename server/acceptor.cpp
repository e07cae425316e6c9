#include "server/acceptor.h"

#include <fcntl.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "net/kernel/tcp_probe.h"
#include "net/memory/insist.h"
#include "server/connection/fixed_limits.h"

namespace closelab::server {
namespace {

// Between two looks at the queue's length.
constexpr int rarest_look = 64;
// Before others have their turn.
constexpr std::uint32_t most_at_once = 64;

}  // namespace

Acceptor::Acceptor(asio::io_context& io, net::ReadySet& ready_set, net::Listener listener, std::size_t spare,
                   Accept accept)
    : ready_set_(ready_set),
      listener_(std::move(listener)),
      accept_(std::move(accept)),
      most_spare_(spare),
      retry_(io),
      mode_end_(io) {
  spare_.reserve(most_spare_);
  keep_spare();
}

std::error_code Acceptor::start(ListenerMode mode, int backlog) {
  usual_backlog_ = backlog;
  return mode == ListenerMode::accept ? wait_acceptable() : set_mode(mode, backlog, {});
}

std::error_code Acceptor::set_mode(ListenerMode mode, int backlog, std::optional<std::chrono::milliseconds> duration) {
  if (stopped_) return {};
  retry_.cancel();
  mode_end_.cancel();
  if (std::exchange(mode_, mode) == ListenerMode::accept) {
    // They connected before the change.
    take_queue();
    ready_set_.remove(std::exchange(acceptable_, 0), listener_.fd());
  }
  backlog_ = backlog;
  if (duration) {
    mode_end_.set(Alarm::Clock::now() + *duration, [this] { set_mode(ListenerMode::accept, usual_backlog_, {}); });
  }
  return apply_mode();
}

std::error_code Acceptor::apply_mode() {
  std::error_code error = mode_ == ListenerMode::refuse ? listener_.stop_listening() : listener_.listen_again(backlog_);
  if (!error && mode_ == ListenerMode::accept) error = wait_acceptable();
  if (error) try_later();
  // Nobody can connect. Without SO_REUSEADDR the port is taken again when the last connection that has it is gone.
  const bool refuses = mode_ == ListenerMode::refuse && error == std::errc::address_in_use;
  return refuses ? std::error_code{} : error;
}

/// Level-triggered: an accept4() that finds nobody costs six times as much as asking epoll again.
std::error_code Acceptor::wait_acceptable() {
  acceptable_ =
      net::insist([this] { return ready_set_.add(listener_.fd(), EPOLLIN, net::ReadySet::Trigger::level, *this); });
  return acceptable_ != 0 ? std::error_code{} : std::error_code(errno, std::system_category());
}

/// One who connected is there. How many more costs a call, which is worth it where the answer was some before, and is
/// tried again now and then.
void Acceptor::ready(std::uint32_t) {
  if (!accept_one() || --wakeups_until_look_ > 0) return;
  const std::uint32_t more = net::waiting_connections(listener_.fd());
  wakeups_between_looks_ = more > 0 ? 1 : std::min(2 * wakeups_between_looks_, rarest_look);
  wakeups_until_look_ = wakeups_between_looks_;
  for (std::uint32_t left = std::min(more, most_at_once); left > 0 && accept_one();) --left;
}

bool Acceptor::accept_one() {
  const net::Accepted accepted = accept_with_spare();
  switch (accepted.outcome) {
    case net::AcceptOutcome::empty:
      return false;
    case net::AcceptOutcome::exhausted:
      if (stopped_) return false;
      ready_set_.remove(std::exchange(acceptable_, 0), listener_.fd());
      try_later();
      return false;
    case net::AcceptOutcome::retry:
      return true;
    case net::AcceptOutcome::accepted:
      break;
  }
  accept_(accepted);
  return true;
}

net::Accepted Acceptor::accept_with_spare() {
  net::Accepted accepted = listener_.accept();
  const bool no_descriptor = accepted.error == EMFILE || accepted.error == ENFILE;
  if (!no_descriptor || spare_.empty()) return accepted;
  spare_.pop_back();
  return listener_.accept();
}

void Acceptor::keep_spare() {
  while (!stopped_ && spare_.size() < most_spare_) {
    net::UniqueFd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!fd) return;
    spare_.push_back(std::move(fd));
  }
}

void Acceptor::try_later() {
  retry_.set(Alarm::Clock::now() + accept_pause, [this] { apply_mode(); });
}

/// No more than the queue can hold: clients that connect faster must not keep the server from going on.
void Acceptor::take_queue() {
  for (int left = usual_backlog_; left > 0 && accept_one();) --left;
}

/// What waits in the queue would be reset by closing the listener; it is taken and ended in order instead.
void Acceptor::stop() {
  stopped_ = true;
  retry_.cancel();
  mode_end_.cancel();
  take_queue();
  ready_set_.remove(acceptable_);
  listener_.close();
  spare_.clear();
}

}  // namespace closelab::server
