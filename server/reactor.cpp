#include "server/reactor.h"

#include <algorithm>
#include <array>
#include <asio/post.hpp>
#include <system_error>
#include <utility>

#include "http/response_writer.h"
#include "net/socket/unique_fd.h"
#include "server/connection/fixed_limits.h"

namespace closelab::server {
namespace {

// One read serves every connection of the reactor, so it can be large enough for most requests with their bodies.
constexpr std::size_t read_buffer_bytes = 64 * 1024;

thread_local const Reactor* serving = nullptr;

/// asio does not tell when epoll takes no descriptor for its timers, none of which would ever be due then.
void require_timers(asio::io_context& io) {
  bool due = false;
  Alarm alarm(io);
  const auto start = Alarm::Clock::now();
  alarm.set(start, [&due] { due = true; });
  for (; !due; io.poll()) {
    if (Alarm::Clock::now() - start > std::chrono::seconds(1))
      throw std::system_error(std::make_error_code(std::errc::no_space_on_device), "epoll_ctl of a timer");
  }
}

}  // namespace

Reactor::Reactor(Shared& shared, OpenConnections& open, net::Listener listener)
    : ConnectionHost(shared),
      open_(open),
      work_(io_.get_executor()),
      acceptor_(io_, ready_set_, std::move(listener), shared.options.spare_descriptors,
                [this](const net::Accepted& accepted) { accept(accepted); }),
      options_in_effect_(net::options_in_effect(acceptor_.listener().fd())),
      deadlines_(io_,
                 [](Connection& connection, DeadlineKind kind) {
                   act_on(connection.shared_from_this(), [kind](Connection& it) { it.deadline_passed(kind); });
                 }),
      exchanges_(shared.options.limits, *shared.held),
      read_buffer_(read_buffer_bytes) {
  require_timers(io_);
}

/// A thread still runs when another reactor's could not be started.
Reactor::~Reactor() {
  if (!thread_.joinable()) return;
  std::vector<ConnectionRecord> dropped;
  stop();
  stop_now(dropped);
  join();
}

void Reactor::start() {
  const ListenOptions& listen = shared_.options.listen;
  if (const auto error = acceptor_.start(listen.mode, listen.backlog)) throw std::system_error(error, "listening");
  thread_ = std::thread([this] { serve(); });
}

void Reactor::serve() {
  serving = this;
  while (!joining_) {
    const auto next = std::min(deadlines_.next(), acceptor_.next());
    const auto woken = ready_set_.wait(std::exchange(has_jobs_, false) ? Alarm::Clock::time_point{} : next);
    close_after_look();
    if (woken == net::ReadySet::Wakeup::ready) continue;
    io_.poll();
    close_after_look();
  }
}

/// Lookups of many connections share their calls.
void Reactor::look_before_close(Connection& connection, net::Teardown& teardown) {
  if (std::ranges::find(closing_, &teardown, &Closing::teardown) != closing_.end()) return;
  closing_.push_back({connection.shared_from_this(), &teardown});
  if (closing_.size() == net::Teardown::most_looked_at) close_after_look();
}

void Reactor::close_after_look() {
  if (closing_.empty()) return;
  // A callback may close others.
  const std::vector<Closing> closing = std::exchange(closing_, {});
  std::array<net::Teardown*, net::Teardown::most_looked_at> teardowns;
  std::ranges::transform(closing, teardowns.begin(), &Closing::teardown);
  net::Teardown::close_after_look(shared_.observer, std::span(teardowns).first(closing.size()));
  for (const Closing& each : closing)
    act_on(each.connection, [](Connection& connection) { connection.after_teardown_step(); });
}

bool Reactor::is_reactor_thread() { return serving != nullptr; }
bool Reactor::is_own_thread() const { return serving == this; }

bool Reactor::wait_until_done(std::chrono::steady_clock::time_point deadline) {
  return done_.get_future().wait_until(deadline) == std::future_status::ready;
}

std::optional<std::string> Reactor::route_being_handled() const {
  const std::string* pattern = route_handled_;
  return pattern != nullptr ? std::optional(*pattern) : std::nullopt;
}

/// Until here the thread takes jobs, also when its last connection ends while stop_now() is on its way.
void Reactor::join() {
  net::insist([this] { post([this] { joining_ = true; }); });
  if (thread_.joinable()) thread_.join();
  {
    const std::lock_guard lock(ended_mutex_);
    ended_ = true;
  }
  // Jobs that came too late for the thread.
  io_.poll();
}

void Reactor::run(const std::function<void()>& job) {
  if (is_own_thread()) return job();
  std::promise<void> done;
  {
    const std::lock_guard lock(ended_mutex_);
    if (ended_) return;
    post([&] {
      try {
        job();
        done.set_value();
      } catch (...) {
        done.set_exception(std::current_exception());
      }
    });
  }
  done.get_future().get();
}

std::size_t Reactor::close_idle() {
  std::size_t closed = 0;
  run([&] {
    each_connection([&](Connection& connection) {
      if (!connection.is_idle()) return;
      connection.command(Event::close_idle);
      ++closed;
    });
  });
  return closed;
}

void Reactor::set_drain(const std::optional<DrainOptions>& options) {
  run([&] {
    drain_.reset();
    if (options) drain_ = Drain{*options, Deadlines::Clock::now()};
    each_connection([](Connection& connection) { connection.drain_changed(); });
  });
}

std::error_code Reactor::set_listener(ListenerMode mode, int backlog,
                                      std::optional<std::chrono::milliseconds> duration) {
  std::error_code error;
  run([&] { error = acceptor_.set_mode(mode, backlog, duration); });
  return error;
}

bool Reactor::close(std::uint64_t connection_id, CloseMode mode) {
  bool found = false;
  run([&] {
    each_connection([&](Connection& connection) {
      if (connection.id() != connection_id) return;
      connection.close(mode);
      found = true;
    });
  });
  return found;
}

void Reactor::reconsider_holds() {
  each_connection([](Connection& connection) { connection.reconsider(Wait::hold); });
}

void Reactor::post(std::function<void()> job) {
  asio::post(io_, std::move(job));
  is_own_thread() ? static_cast<void>(has_jobs_ = true) : ready_set_.wake_up();
}

void Reactor::accept(const net::Accepted& accepted) {
  const Connection::Admission admission = admit();
  try {
    connections_.emplace_back();
    connections_.back() = std::make_shared<Connection>(*this, accepted, admission);
  } catch (const std::bad_alloc&) {
    // It has no record yet, and nobody has read from it.
    if (!connections_.empty() && connections_.back() == nullptr) connections_.pop_back();
    leave(admission);
    return net::UniqueFd(accepted.fd).reset();
  }
  connections_.back()->place = static_cast<std::uint32_t>(connections_.size() - 1);
  act_on(std::shared_ptr(connections_.back()), [](Connection& connection) { connection.start(); });
}

Connection::Admission Reactor::admit() {
  const std::size_t most = shared_.options.max_connections;
  if (open_.served++ < most) return Connection::Admission::served;
  --open_.served;
  if (open_.refused++ < std::min(most, most_refused)) return Connection::Admission::refused;
  --open_.refused;
  return Connection::Admission::surplus;
}

void Reactor::leave(Connection::Admission admission) {
  if (admission == Connection::Admission::served) --open_.served;
  if (admission == Connection::Admission::refused) --open_.refused;
}

void Reactor::stop() {
  const auto begin = [this] {
    if (std::exchange(stopping_, true)) return;
    acceptor_.stop();
    accepting_ = false;
    each_connection([](Connection& connection) { connection.command(Event::stop); });
    finish_if_done();
  };
  net::insist([&] { post(begin); });
}

/// On a copy: a connection that ends leaves its place at once.
void Reactor::each_connection(const std::function<void(Connection&)>& act) const {
  const auto copy = net::insist([this] { return connections_; });
  for (const auto& connection : copy) act_on(connection, act);
}

void Reactor::stop_now(std::vector<ConnectionRecord>& held_up) {
  const auto end_all = [&] {
    each_connection([&](Connection& connection) {
      try {
        if (auto record = shared_.recorder.find(connection.id())) held_up.push_back(std::move(*record));
      } catch (const std::bad_alloc&) {
        // The report is short of one; what matters is that it ends.
      }
      connection.command(Event::stop_now);
    });
    finish_if_done();
  };
  net::insist([&] { run(end_all); });
}

void Reactor::remove(Connection& connection) {
  leave(connection.admission);
  std::shared_ptr<Connection>& place = connections_[connection.place];
  connections_.back()->place = connection.place;
  std::swap(place, connections_.back());
  connections_.pop_back();
  acceptor_.keep_spare();
  finish_if_done();
}

void Reactor::finish_if_done() {
  if (accepting_ || !connections_.empty() || std::exchange(finished_, true)) return;
  deadlines_.stop();
  done_.set_value();
}

std::string_view Reactor::date() {
  const std::time_t now = std::time(nullptr);
  if (now != date_second_) {
    date_second_ = now;
    date_ = http::format_http_date(now);
  }
  return date_;
}

}  // namespace closelab::server
