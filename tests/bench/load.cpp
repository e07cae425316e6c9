#include "tests/bench/load.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <system_error>

namespace closelab::bench {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::string_view good_status = "HTTP/1.1 200";
constexpr std::size_t body_size = 13;
/// How long what is under way at the end may take.
constexpr auto patience = 3s;
/// Connections that are opened at once at the start: no more than an accept queue takes.
constexpr std::size_t most_opening = 256;
/// A server that fails this often is not worth more load.
constexpr std::uint64_t most_failures = 1000;

struct Connection {
  int fd = -1;
  bool connected = false;
  std::size_t awaited = 0;  // answers
  std::string partial{};    // of an answer
  Clock::time_point since{};
};

std::string request_of(const Plan& plan) {
  std::string one = "GET " + plan.path + " HTTP/1.1\r\nHost: localhost\r\n";
  one += plan.mode == Mode::server_closes ? "Connection: close\r\n\r\n" : "\r\n";
  std::string all;
  for (std::size_t i = 0; i < plan.depth; ++i) all += one;
  return all;
}

class Load {
 public:
  explicit Load(const Plan& plan) : plan_(plan), request_(request_of(plan)), connections_(plan.connections) {
    if (epoll_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
    result_.latencies_ns.reserve(1 << 20);
  }

  ~Load() {
    for (const Connection& connection : connections_) {
      if (connection.fd >= 0) ::close(connection.fd);
    }
    ::close(epoll_);
  }

  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  Result run() {
    start_ = Clock::now();
    if (plan_.rate == 0) {
      next_unopened_ = std::min(most_opening, connections_.size());
      for (std::size_t i = 0; i < next_unopened_; ++i) start_next(connections_[i]);
    } else {
      next_unopened_ = connections_.size();
      start_paced();
    }
    while (under_way_ > 0 || (!is_over() && plan_.mode != Mode::idle)) {
      handle_events();
      start_paced();
      if (is_over() && Clock::now() > give_up_at_) break;
    }
    count(Failure::unfinished, under_way_);
    result_.seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    return std::move(result_);
  }

 private:
  // --- when to start another

  bool is_over() {
    if (over_) return true;
    const auto now = Clock::now();
    over_ = now - start_ >= plan_.time || result_.failed() >= most_failures ||
            (plan_.requests != 0 && result_.requests >= plan_.requests);
    if (over_) give_up_at_ = now + patience;
    return over_;
  }

  bool is_due() const {
    if (plan_.rate == 0) return true;
    const std::chrono::duration<double> elapsed = Clock::now() - start_;
    return static_cast<double>(opened_) < plan_.rate * elapsed.count();
  }

  void start_next(Connection& connection) {
    if (is_over() || !is_due()) return;
    ++opened_;
    open(connection);
  }

  void start_paced() {
    if (plan_.rate == 0) return;
    for (Connection& connection : connections_) {
      if (connection.fd < 0) start_next(connection);
    }
  }

  // --- one connection

  sockaddr_in next_address() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(plan_.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(opened_ % plan_.addresses));
    return address;
  }

  void open(Connection& connection) {
    connection = {.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), .since = Clock::now()};
    ++under_way_;
    const sockaddr_in address = next_address();
    if (connection.fd < 0 ||
        (::connect(connection.fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
         errno != EINPROGRESS)) {
      return fail(connection, Failure::connect);
    }
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = &connection}};
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event);
  }

  void send_requests(Connection& connection) {
    connection.awaited = plan_.depth;
    const auto size = static_cast<ssize_t>(request_.size());
    if (::send(connection.fd, request_.data(), request_.size(), MSG_NOSIGNAL) != size) fail(connection, Failure::reset);
  }

  void end(Connection& connection) {
    if (connection.fd >= 0) ::close(connection.fd);
    connection.fd = -1;
    --under_way_;
  }

  void fail(Connection& connection, Failure failure) {
    count(failure, 1);
    end(connection);
    start_next(connection);
  }

  void count(Failure failure, std::uint64_t times) { result_.failures[static_cast<std::size_t>(failure)] += times; }

  // --- what happens on it

  void handle_events() {
    const int ready = ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), plan_.rate == 0 ? 100 : 0);
    for (int i = 0; i < ready; ++i) {
      const epoll_event& event = events_[static_cast<std::size_t>(i)];
      handle(*static_cast<Connection*>(event.data.ptr), event.events);
    }
  }

  void handle(Connection& connection, std::uint32_t events) {
    if (!connection.connected) {
      if ((events & EPOLLERR) != 0) return fail(connection, Failure::connect);
      connection.connected = true;
      return send_requests(connection);
    }
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) receive(connection);
  }

  void receive(Connection& connection) {
    const int fd = connection.fd;
    for (;;) {
      const ssize_t size = ::recv(fd, buffer_.data(), buffer_.size(), 0);
      if (size < 0) {
        if (errno != EAGAIN) fail(connection, Failure::reset);
        return;
      }
      if (size == 0) return at_end(connection);
      if (!take(connection, {buffer_.data(), static_cast<std::size_t>(size)})) return;
      // More, or the server's FIN, would be another event, but where the FIN is all that is waited for.
      if (connection.awaited != 0 || plan_.mode != Mode::server_closes) return;
    }
  }

  /// False when `connection` is no longer the one that it was.
  bool take(Connection& connection, std::string_view bytes) {
    if (!connection.partial.empty()) {
      connection.partial += bytes;
      bytes = connection.partial;
    }
    std::size_t taken = 0;
    while (const std::size_t size = answer_in(bytes.substr(taken))) {
      if (size == std::string_view::npos || connection.awaited == 0)
        return fail(connection, Failure::wrong_answer), false;
      --connection.awaited;
      ++result_.requests;
      taken += size;
    }
    connection.partial = std::string(bytes.substr(taken));
    return connection.awaited != 0 || at_answered(connection);
  }

  /// The size of the answer that `bytes` begin with; 0 when it is not complete, npos when it is wrong.
  static std::size_t answer_in(std::string_view bytes) {
    const std::size_t head = bytes.find("\r\n\r\n");
    if (head == std::string_view::npos || bytes.size() < head + 4 + body_size) return 0;
    return bytes.starts_with(good_status) ? head + 4 + body_size : std::string_view::npos;
  }

  /// As take().
  bool at_answered(Connection& connection) {
    if (next_unopened_ < connections_.size()) start_next(connections_[next_unopened_++]);
    switch (plan_.mode) {
      case Mode::keep_alive:
        note_latency(connection);
        if (is_over()) return finish(connection), false;
        connection.since = Clock::now();
        return send_requests(connection), true;
      case Mode::server_closes:
        return true;
      case Mode::client_resets:
        reset_at_close(connection);
        [[fallthrough]];
      case Mode::client_closes:
        return finish(connection), false;
      case Mode::idle:
        --under_way_;
        ++result_.connections;
        return true;
    }
    return true;
  }

  /// The server's FIN.
  void at_end(Connection& connection) {
    if (plan_.mode == Mode::server_closes && connection.awaited == 0) return finish(connection);
    if (plan_.mode == Mode::idle && connection.awaited == 0) ++under_way_;  // it was done
    fail(connection, Failure::closed_early);
  }

  void finish(Connection& connection) {
    if (plan_.mode != Mode::keep_alive) note_latency(connection);
    ++result_.connections;
    end(connection);
    start_next(connection);
  }

  static void reset_at_close(const Connection& connection) {
    const linger option{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(connection.fd, SOL_SOCKET, SO_LINGER, &option, sizeof option);
  }

  void note_latency(const Connection& connection) {
    const auto taken = std::chrono::nanoseconds(Clock::now() - connection.since).count();
    result_.latencies_ns.push_back(static_cast<std::uint32_t>(std::min<std::int64_t>(taken, UINT32_MAX)));
  }

  const Plan& plan_;
  const std::string request_;
  std::vector<Connection> connections_;
  const int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  std::array<epoll_event, 256> events_;
  std::array<char, 65536> buffer_;
  Clock::time_point start_{};
  Clock::time_point give_up_at_{};
  bool over_ = false;
  std::size_t next_unopened_ = 0;
  std::uint64_t opened_ = 0;
  std::uint64_t under_way_ = 0;
  Result result_;
};

/// CloseHolds until standard input ends.
void hold() {
  std::puts("ready");
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
}

Result hold_idle(const Plan& plan) {
  Load load(plan);
  Result result = load.run();
  hold();
  return result;
}

}  // namespace

std::optional<Mode> parse_mode(std::string_view name) {
  constexpr std::array names{"keep_alive", "server_closes", "client_closes", "client_resets", "idle"};
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Mode>(found - names.begin());
}

std::string_view to_string(Failure failure) {
  constexpr std::array<std::string_view, failure_kinds> names{"connect", "reset", "closed_early", "wrong_answer",
                                                              "unfinished"};
  return names[static_cast<std::size_t>(failure)];
}

std::uint64_t Result::failed() const { return std::reduce(failures.begin(), failures.end()); }

Result put_load(const Plan& plan) { return plan.mode == Mode::idle ? hold_idle(plan) : Load(plan).run(); }

}  // namespace closelab::bench
