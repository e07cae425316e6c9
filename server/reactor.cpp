#include "server/reactor.h"

#include <asio/post.hpp>
#include <utility>

#include "http/response_writer.h"
#include "server/connection.h"

namespace closelab::server {
namespace {

// One read serves every connection of the reactor, so it can be large enough for most requests with their bodies.
constexpr std::size_t read_buffer_bytes = 64 * 1024;
// Long enough not to spin while descriptors are short, short enough not to be noticed when they are back.
constexpr std::chrono::milliseconds accept_pause{200};
// Connections taken in a row before others are served.
constexpr int accept_burst = 64;

thread_local bool serves = false;

}  // namespace

Reactor::Reactor(Shared& shared, net::Listener listener)
    : shared_(shared),
      listener_(std::move(listener)),
      work_(io_.get_executor()),
      options_in_effect_(net::options_in_effect(listener_.fd())),
      acceptable_(io_.get_executor(), listener_.fd()),
      accept_pause_(io_.get_executor()),
      deadlines_(io_, [](Connection& connection, DeadlineKind kind) { connection.deadline_passed(kind); }),
      exchanges_(shared.options.limits),
      read_buffer_(read_buffer_bytes) {}

Reactor::~Reactor() {
  if (acceptable_.is_open()) acceptable_.release();
}

void Reactor::start() {
  wait_acceptable();
  thread_ = std::thread([this] {
    serves = true;
    io_.run();
  });
}

bool Reactor::is_reactor_thread() { return serves; }

bool Reactor::wait_until_done(std::chrono::steady_clock::time_point deadline) {
  return done_.get_future().wait_until(deadline) == std::future_status::ready;
}

/// Until here the thread takes jobs, also when its last connection ends while stop_now() is on its way.
void Reactor::join() {
  post([this] { work_.reset(); });
  if (thread_.joinable()) thread_.join();
  {
    const std::lock_guard lock(ended_mutex_);
    ended_ = true;
  }
  // Jobs that came too late for the thread.
  io_.restart();
  io_.poll();
}

void Reactor::run(const std::function<void()>& job) {
  if (io_.get_executor().running_in_this_thread()) return job();
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
      connection->close_if_idle();
      ++closed;
    }
  });
  return closed;
}

bool Reactor::close(std::uint64_t connection_id, CloseMode mode) {
  bool found = false;
  run([&] {
    for (const auto& connection : open_connections()) {
      if (connection->id() != connection_id) continue;
      connection->cut(mode, CloseReason::command);
      found = true;
    }
  });
  return found;
}

void Reactor::reconsider_holds() {
  for (const auto& connection : open_connections()) connection->reconsider_hold();
}

void Reactor::post(std::function<void()> job) { asio::post(io_, std::move(job)); }

void Reactor::wait_acceptable() {
  acceptable_.async_wait(asio::posix::descriptor_base::wait_read, [this](const std::error_code& error) {
    if (!error) accept_all();
  });
}

void Reactor::accept_all() {
  for (int i = 0; i < accept_burst; ++i) {
    if (!accept_one()) return;
  }
  wait_acceptable();
}

/// False when accepting has to wait, which has been arranged.
bool Reactor::accept_one() {
  const net::Accepted accepted = listener_.accept();
  switch (accepted.outcome) {
    case net::AcceptOutcome::empty:
      if (!stopping_) wait_acceptable();
      return false;
    case net::AcceptOutcome::exhausted:
      pause_accepting();
      return false;
    case net::AcceptOutcome::retry:
      return true;
    case net::AcceptOutcome::accepted:
      break;
  }
  const bool full = shared_.open_connections++ >= shared_.options.max_connections;
  if (full) --shared_.open_connections;
  const auto connection = std::make_shared<Connection>(*this, accepted);
  connections_.emplace(connection.get(), connection);
  full ? connection->refuse() : connection->start();
  return true;
}

void Reactor::pause_accepting() {
  if (stopping_) return;
  accept_pause_.expires_after(accept_pause);
  accept_pause_.async_wait([this](const std::error_code& error) {
    if (!error && !stopping_) accept_all();
  });
}

void Reactor::stop() {
  post([this] {
    stopping_ = true;
    stop_accepting();
    for (const auto& connection : open_connections()) connection->stop();
    finish_if_done();
  });
}

/// What waits in the queue would be reset by closing the listener; it is taken and ended in order instead.
void Reactor::stop_accepting() {
  accept_pause_.cancel();
  // No more than the queue can hold: clients that connect faster must not keep the server from stopping.
  for (int left = shared_.options.listen.backlog; left > 0 && accept_one();) --left;
  acceptable_.release();
  listener_.close();
  accepting_ = false;
}

/// A copy: a connection that stops leaves the map at once.
std::vector<std::shared_ptr<Connection>> Reactor::open_connections() const {
  std::vector<std::shared_ptr<Connection>> open;
  for (const auto& [key, connection] : connections_) open.push_back(connection);
  return open;
}

void Reactor::stop_now(std::vector<ConnectionRecord>& held_up) {
  run([&] {
    for (const auto& connection : open_connections()) {
      if (auto record = shared_.recorder.find(connection->id())) held_up.push_back(std::move(*record));
      connection->stop_now();
    }
    finish_if_done();
  });
}

void Reactor::remove(Connection& connection) {
  if (!connection.is_refused()) --shared_.open_connections;
  connections_.erase(&connection);
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
