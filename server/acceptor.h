#pragma once

#include <algorithm>
#include <asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <system_error>
#include <vector>

#include "closelab/listener_mode.h"
#include "net/socket/listener.h"
#include "net/socket/ready_set.h"
#include "net/socket/unique_fd.h"
#include "server/connection/alarm.h"

namespace closelab::server {

/// A reactor's listener: takes those who connect, or refuses or ignores them; on the reactor's thread.
class Acceptor final : private net::ReadySet::Member {
 public:
  using Accept = std::function<void(const net::Accepted&)>;

  /// `spare`: so many descriptors are kept for those who connect when the process has none left.
  Acceptor(asio::io_context& io, net::ReadySet& ready_set, net::Listener listener, std::size_t spare, Accept accept);

  const net::Listener& listener() const { return listener_; }
  /// For `duration`, then `accept`; without one until the next call. The accept queue gets that length. An error is the
  /// kernel's: the port is somebody else's now, or epoll takes no more; it is tried again until it works.
  std::error_code set_mode(ListenerMode mode, int backlog, std::optional<std::chrono::milliseconds> duration);
  /// Begins as `set_mode`, with a listener that listens as it should.
  std::error_code start(ListenerMode mode, int backlog);
  /// When one of its timers is due, and the io_context must be polled; never is the clock's last moment.
  Alarm::Clock::time_point next() const { return std::min(retry_.next(), mode_end_.next()); }
  /// Takes those who wait, and closes the socket.
  void stop();
  /// A descriptor has become free: it is kept if one was given away.
  void keep_spare();

 private:
  /// Somebody waits to be accepted.
  void ready(std::uint32_t events) override;
  /// False when there is nobody, or accepting has to pause, which has been arranged.
  bool accept_one();
  net::Accepted accept_with_spare();
  void take_queue();
  std::error_code apply_mode();
  std::error_code wait_acceptable();
  void try_later();

  net::ReadySet& ready_set_;
  net::Listener listener_;
  const Accept accept_;
  const std::size_t most_spare_;
  std::vector<net::UniqueFd> spare_;
  net::ReadySet::Key acceptable_ = 0;
  /// Until accepting, or what the mode demands, is tried again.
  Alarm retry_;
  /// Until the mode is `accept` again.
  Alarm mode_end_;
  ListenerMode mode_ = ListenerMode::accept;
  int backlog_ = 0;
  /// The options' length of the accept queue.
  int usual_backlog_ = 0;
  bool stopped_ = false;
  int wakeups_between_looks_ = 1;
  int wakeups_until_look_ = 1;
};

}  // namespace closelab::server
