#pragma once

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <atomic>
#include <ctime>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "closelab/options.h"
#include "closelab/record.h"
#include "net/socket/ready_set.h"
#include "net/socket/socket_options.h"
#include "server/acceptor.h"
#include "server/connection/connection.h"
#include "server/connection/connection_host.h"

namespace closelab::server {

/// How many connections have an open descriptor, over all reactors.
struct OpenConnections {
  std::atomic<std::size_t> served{0};
  /// A refused client that keeps its end open must not take another's place; beyond a number nothing is waited for.
  std::atomic<std::size_t> refused{0};
};

/// One thread that accepts and serves connections by events, with a listener of its own.
///
/// The thread waits for its own epoll set, and polls asio's context for jobs and timers only when somebody has posted a
/// job or a timer is due. Waiting in asio, for the set as for one descriptor, would take two more calls an event: asio
/// arms such a wait by an epoll_ctl(), and its own epoll_wait() comes before the set's. In exchange a job of another
/// thread takes a write() to an eventfd, a timer may be 1 ms late (epoll_wait()'s unit), and what asio is to do must be
/// known here: so it has timers only as Alarms, and jobs only by post().
class Reactor final : public ConnectionHost {
 public:
  Reactor(Shared& shared, OpenConnections& open, net::Listener listener);
  ~Reactor();

  void start();
  /// Stops accepting and lets every connection come to its end.
  void stop();
  /// False when connections are left at `deadline`.
  bool wait_until_done(std::chrono::steady_clock::time_point deadline);
  /// The pattern of the route whose handler runs now; a moment later it may have returned.
  std::optional<std::string> route_being_handled() const;
  /// Ends what is left at once; the records of those connections, as they were, go to `held_up`.
  void stop_now(std::vector<ConnectionRecord>& held_up);
  void join();
  /// Does the caller run on this reactor's thread?
  bool is_own_thread() const;
  /// Any server's: it is in the middle of an event, which must end before a command acts; and two that waited for one
  /// another would do so for ever.
  static bool is_reactor_thread();
  /// Closes the connections that wait for a request; returns how many.
  std::size_t close_idle();
  /// Without options: the drain is over.
  void set_drain(const std::optional<DrainOptions>& options);
  std::error_code set_listener(ListenerMode mode, int backlog, std::optional<std::chrono::milliseconds> duration);
  /// False when no open connection has that id.
  bool close(std::uint64_t connection_id, CloseMode mode);
  /// CloseHolds have been released; on the reactor thread.
  void reconsider_holds();
  /// Runs on the reactor thread, soon.
  void post(std::function<void()> job) override;

  const Endpoint& local() const { return acceptor_.listener().local(); }
  const std::vector<net::OptionInEffect>& options_in_effect() const { return options_in_effect_; }

  // For its connections, on the reactor thread.
  net::ReadySet& ready_set() override { return ready_set_; }
  Deadlines& deadlines() override { return deadlines_; }
  ExchangePool& exchanges() override { return exchanges_; }
  std::span<char> read_buffer() override { return read_buffer_; }
  net::MemoryReserve& memory_reserve() override { return memory_reserve_; }
  /// Formatted once a second.
  std::string_view date() override;
  void look_before_close(Connection& connection, net::Teardown& teardown) override;
  void remove(Connection& connection) override;

 private:
  void serve();
  void close_after_look();
  /// Runs on the reactor thread before it returns; at once on that thread itself, and not at all after join().
  void run(const std::function<void()>& job);
  void accept(const net::Accepted& accepted);
  Connection::Admission admit();
  void leave(Connection::Admission admission);
  void each_connection(const std::function<void(Connection&)>& act) const;
  void finish_if_done();

  OpenConnections& open_;
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  net::ReadySet ready_set_;
  Acceptor acceptor_;
  const std::vector<net::OptionInEffect> options_in_effect_;
  Deadlines deadlines_;
  ExchangePool exchanges_;
  std::vector<char> read_buffer_;
  net::MemoryReserve memory_reserve_;
  /// Each knows its place.
  std::vector<std::shared_ptr<Connection>> connections_;
  /// What awaits a look at the client's end, until the events of this turn have been handled.
  struct Closing {
    std::shared_ptr<Connection> connection;
    net::Teardown* teardown;
  };
  std::vector<Closing> closing_;
  std::string date_;
  std::time_t date_second_ = 0;
  bool accepting_ = true;
  bool finished_ = false;
  /// Those that its own thread has put there, for which it needs no waking up.
  bool has_jobs_ = false;
  bool joining_ = false;
  std::promise<void> done_;
  std::mutex ended_mutex_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace closelab::server
