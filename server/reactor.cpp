#include "server/reactor.h"

#include <algorithm>
#include <asio/post.hpp>
#include <system_error>
#include <utility>

#include "http/response_writer.h"

namespace closelab::server {
namespace {

// One read serves every connection of the reactor, so it can be large enough for most requests with their bodies.
constexpr std::size_t read_buffer_bytes = 64 * 1024;

// Refused clients that may keep their end open, each for as long as the close mode allows.
constexpr std::size_t most_refused = 1024;

thread_local const Reactor* serving = nullptr;

}  // namespace

Reactor::Reactor(Shared& shared, OpenConnections& open, net::Listener listener)
    : ConnectionHost(shared),
      open_(open),
      work_(io_.get_executor()),
      acceptor_(io_, ready_set_, std::move(listener), [this](const net::Accepted& accepted) { accept(accepted); }),
      options_in_effect_(net::options_in_effect(acceptor_.listener().fd())),
      deadlines_(io_, [](Connection& connection, DeadlineKind kind) { connection.deadline_passed(kind); }),
      exchanges_(shared.options.limits),
      read_buffer_(read_buffer_bytes) {}

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
    if (woken != net::ReadySet::Wakeup::ready) io_.poll();
  }
}

bool Reactor::is_reactor_thread() { return serving != nullptr; }
bool Reactor::is_own_thread() const { return serving == this; }

bool Reactor::wait_until_done(std::chrono::steady_clock::time_point deadline) {
  return done_.get_future().wait_until(deadline) == std::future_status::ready;
}

/// Until here the thread takes jobs, also when its last connection ends while stop_now() is on its way.
void Reactor::join() {
  post([this] { joining_ = true; });
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
      job();
      done.set_value();
    });
  }
  done.get_future().wait();
}

std::size_t Reactor::close_idle() {
  std::size_t closed = 0;
  run([&] {
    for (const auto& connection : open_connections()) {
      if (!connection->is_idle()) continue;
      connection->command(Event::close_idle);
      ++closed;
    }
  });
  return closed;
}

void Reactor::set_drain(const std::optional<DrainOptions>& options) {
  run([&] {
    drain_.reset();
    if (options) drain_ = Drain{*options, Deadlines::Clock::now()};
    for (const auto& connection : open_connections()) connection->drain_changed();
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
    for (const auto& connection : open_connections()) {
      if (connection->id() != connection_id) continue;
      connection->close(mode);
      found = true;
    }
  });
  return found;
}

void Reactor::reconsider_holds() {
  for (const auto& connection : open_connections()) connection->reconsider(Wait::hold);
}

void Reactor::post(std::function<void()> job) {
  asio::post(io_, std::move(job));
  is_own_thread() ? static_cast<void>(has_jobs_ = true) : ready_set_.wake_up();
}

void Reactor::accept(const net::Accepted& accepted) {
  const auto connection = std::make_shared<Connection>(*this, accepted, admit());
  connection->place = connections_.size();
  connections_.push_back(connection);
  connection->start();
}

Connection::Admission Reactor::admit() {
  const std::size_t most = shared_.options.max_connections;
  if (open_.served++ < most) return Connection::Admission::served;
  --open_.served;
  if (open_.refused++ < std::min(most, most_refused)) return Connection::Admission::refused;
  --open_.refused;
  return Connection::Admission::surplus;
}

void Reactor::stop() {
  post([this] {
    if (std::exchange(stopping_, true)) return;
    acceptor_.stop();
    accepting_ = false;
    for (const auto& connection : open_connections()) connection->command(Event::stop);
    finish_if_done();
  });
}

/// A copy: a connection that stops leaves its place at once.
std::vector<std::shared_ptr<Connection>> Reactor::open_connections() const { return connections_; }

void Reactor::stop_now(std::vector<ConnectionRecord>& held_up) {
  run([&] {
    for (const auto& connection : open_connections()) {
      if (auto record = shared_.recorder.find(connection->id())) held_up.push_back(std::move(*record));
      connection->command(Event::stop_now);
    }
    finish_if_done();
  });
}

void Reactor::remove(Connection& connection) {
  if (connection.admission == Connection::Admission::served) --open_.served;
  if (connection.admission == Connection::Admission::refused) --open_.refused;
  std::shared_ptr<Connection>& place = connections_[connection.place];
  connections_.back()->place = connection.place;
  std::swap(place, connections_.back());
  connections_.pop_back();
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
