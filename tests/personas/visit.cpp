#include "tests/personas/visit.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <functional>
#include <span>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "net/kernel/tcp_probe.h"
#include "net/socket/socket_address.h"
#include "tests/personas/answers.h"

namespace closelab::persona_test {
namespace {

using namespace std::chrono_literals;

// Longer than any server's own timeouts in this test; reached only when something is wrong.
constexpr auto patience = 15s;

/// The kernel tells nobody when a socket's state changes, so it is asked again and again.
void poll_until(const std::function<bool()>& done, const char* what) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error(std::string("in vain: ") + what);
    std::this_thread::sleep_for(2ms);
  }
}

void await(int fd, short events) {
  pollfd entry{.fd = fd, .events = events, .revents = 0};
  const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(patience);
  if (::poll(&entry, 1, static_cast<int>(limit.count())) != 1) throw std::runtime_error("the server does nothing");
}

bool is_final(TcpState state) { return state == TcpState::closed || state == TcpState::time_wait; }

std::string describe(const std::vector<Answer>& answers) {
  std::string text;
  for (const Answer& answer : answers)
    text += (text.empty() ? "" : ", ") + std::to_string(answer.status) + (answer.complete ? "" : " (cut)");
  return text.empty() ? "none" : text;
}

}  // namespace

Visit::Visit(const Endpoint& server, int receive_buffer) {
  const net::SocketAddress address = net::to_socket_address(server);
  fd_ = net::UniqueFd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (receive_buffer > 0) ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  if (::connect(fd_.get(), address.data(), address.length) != 0)
    throw std::system_error(errno, std::system_category(), "connect to " + to_string(server));
  tuple_ = {net::local_endpoint(fd_.get()), server};
}

void Visit::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN) return;
    if (sent < 0) await(fd_.get(), POLLOUT);
    bytes.remove_prefix(static_cast<std::size_t>(sent < 0 ? 0 : sent));
  }
}

void Visit::send_fin() { ::shutdown(fd_.get(), SHUT_WR); }

bool Visit::read_some() {
  std::array<char, 64 * 1024> piece;
  await(fd_.get(), POLLIN);
  const ssize_t bytes = ::recv(fd_.get(), piece.data(), piece.size(), 0);
  if (bytes > 0) received_.append(piece.data(), static_cast<std::size_t>(bytes));
  if (bytes <= 0) end_ = bytes == 0 ? "FIN" : "RST";
  return bytes > 0;
}

void Visit::read_answers(std::size_t count) {
  const auto missing = [&] {
    const std::vector<Answer> answers = parse_answers(received_, false);
    return answers.size() < count || !answers.back().complete;
  };
  while (missing() && read_some()) {
  }
  const std::vector<Answer> answers = parse_answers(received_, true);
  if (!answers.empty() && answers.back().closes) read_to_end();
}

void Visit::read_to_end() {
  while (read_some()) {
  }
}

void Visit::read_first_bytes() { read_some(); }

void Visit::await_server_fin() {
  poll_until([this] { return look_up(tuple_.swapped()).state != TcpState::established; }, "the server's FIN");
}

void Visit::await_delivery() {
  const auto taken = [this] {
    const fact::Sampled sample = net::sample_socket(fd_.get(), net::SampleDepth::queues);
    return sample.unacked == 0 || sample.state == TcpState::closed;
  };
  poll_until(taken, "the ACK of what was sent");
}

net::SocketInfo Visit::look_up(const net::TcpTuple& tuple) {
  net::SocketInfo found;
  sock_diag_.look_up(std::span(&tuple, 1), std::span(&found, 1));
  if (found.error != 0) throw std::system_error(found.error, std::system_category(), "sock_diag");
  return found;
}

TcpState Visit::settled_state(const net::TcpTuple& tuple) {
  TcpState state = TcpState::unknown;
  // Twice, because a lookup can miss a socket at the moment when TIME_WAIT takes its place.
  const auto settled = [&] {
    const TcpState before = std::exchange(state, look_up(tuple).state);
    return is_final(state) && state == before;
  };
  poll_until(settled, "the connection to settle");
  return state;
}

std::string Visit::time_wait() {
  const bool server = settled_state(tuple_.swapped()) == TcpState::time_wait;
  const bool client = settled_state(tuple_) == TcpState::time_wait;
  if (server) return client ? "both" : "server";
  return client ? "client" : "none";
}

Observation Visit::observe() {
  fd_.reset();
  const std::vector<Answer> answers = parse_answers(received_, end_ != "open");
  const std::string holder = time_wait();
  // Only an RST leaves no TIME_WAIT; whether the client has read the FIN before it depends on its speed.
  if (holder == "none") end_ = "RST";
  return {describe(answers), answers.empty() ? "-" : answers.back().persistence, end_, holder};
}

}  // namespace closelab::persona_test
