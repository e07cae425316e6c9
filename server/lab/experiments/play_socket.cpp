#include "server/lab/experiments/play_socket.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace closelab::lab {
namespace {

constexpr std::size_t largest_read = 256 * 1024;

std::string request_text(const Step& step) {
  const bool post = step.verb == Verb::post;
  std::string text =
      fmt::format("{} {} HTTP/{}\r\nHost: lab\r\n", post ? "POST" : "GET", step.word, step.http_1_0 ? "1.0" : "1.1");
  if (post) text += fmt::format("Content-Length: {}\r\n", step.number);
  return text + step.fields + "\r\n" + std::string(post ? step.number : 0, 'x');
}

}  // namespace

std::string result_text(int error) {
  if (error == 0) return "ok";
  if (error == testbed::waited_in_vain) return "timeout";
  const char* name = ::strerrorname_np(error);
  return name != nullptr ? name : fmt::format("errno {}", error);
}

void PlaySocket::make_room(Side side) {
  if (socket_.is_open()) left_open_.push_back(std::move(socket_));
  socket_ = testbed::Socket();
  side_ = side;
  ends_ = {};
  peer_ = nullptr;
  reader_ = {};
  end_ = "none";
}

int PlaySocket::open(Side side, const SocketChoices& choices) {
  make_room(side);
  if (const int error = socket_.open()) return error;
  if (choices.reuse_address) socket_.set(SOL_SOCKET, SO_REUSEADDR, 1);
  if (choices.reuse_port) socket_.set(SOL_SOCKET, SO_REUSEPORT, 1);
  if (choices.receive_buffer > 0) socket_.set(SOL_SOCKET, SO_RCVBUF, static_cast<int>(choices.receive_buffer));
  return 0;
}

int PlaySocket::connect(const Endpoint& to, const std::function<void()>& on_way, const testbed::Wait& wait) {
  const auto note_ends = [&] {
    if (ends_ == testbed::Ends{}) ends_ = {socket_.local(), to};
    on_way();
  };
  const auto note_and_wait = [&](int fd, short events) {
    note_ends();
    return wait(fd, events);
  };
  const int error = socket_.connect(to, note_and_wait);
  if (error == 0) {
    note_ends();
    ++connected_;
  } else {
    socket_ = testbed::Socket();
  }
  return error;
}

int PlaySocket::accept(PlaySocket& listener, const testbed::Wait& wait) {
  make_room(Side::server);
  const int error = socket_.accept(listener.socket_, wait);
  if (error == 0) ends_ = {socket_.remote(), socket_.local()};
  return error;
}

int PlaySocket::request(const Step& step, const testbed::Wait& wait) { return socket_.send(request_text(step), wait); }

int PlaySocket::send(const Step& step, const testbed::Wait& wait) {
  if (step.number > 0) sends_ = step.word.front();
  return socket_.send(step.word, wait);
}

int PlaySocket::set(const Step& step) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(step.time);
  if (step.verb == Verb::linger) return socket_.set_linger(seconds);
  return socket_.set(IPPROTO_TCP, TCP_LINGER2, static_cast<int>(seconds.count()));
}

testbed::Socket::Received PlaySocket::receive(const testbed::Wait& wait) {
  std::array<char, largest_read> buffer{};
  const testbed::Socket::Received received = socket_.receive(buffer, wait);
  const std::string_view bytes(buffer.data(), received.bytes);
  reader_.add(bytes);
  received_ += received.bytes;
  count_foreign(bytes);
  if (received.bytes == 0) note_end(received);
  return received;
}

void PlaySocket::note_end(const testbed::Socket::Received& received) {
  const bool reset = received.error == ECONNRESET || received.error == EPIPE;
  end_ = received.is_end() ? "eof" : reset ? "reset" : received.error == testbed::waited_in_vain ? "timeout" : end_;
  read_last_ = received.is_end() ? "EOF" : result_text(received.error);
}

void PlaySocket::count_foreign(std::string_view bytes) {
  if (peer_ == nullptr || peer_->sends_ == 0) return;
  const auto own = std::ranges::count(bytes, peer_->sends_);
  foreign_ += bytes.size() - static_cast<std::uint64_t>(own);
}

int PlaySocket::read_response(const testbed::Wait& wait) {
  while (true) {
    if (const auto size = reader_.take()) {
      ++responses_;
      read_last_ = reader_.status();
      return 0;
    }
    const testbed::Socket::Received received = receive(wait);
    if (received.bytes > 0) continue;
    if (received.is_end() && reader_.take(true)) {
      ++responses_;
      read_last_ = reader_.status() + ", EOF";
      return 0;
    }
    if (reader_.size() > 0) ++incomplete_;
    return received.error;
  }
}

int PlaySocket::read_bytes(std::uint64_t at_least, const testbed::Wait& wait) {
  while (reader_.size() < at_least) {
    const testbed::Socket::Received received = receive(wait);
    if (received.bytes == 0) return received.error;
  }
  read_last_ = fmt::format("{} bytes", reader_.take_bytes(at_least).size());
  return 0;
}

int PlaySocket::read_end(const testbed::Wait& wait) {
  while (true) {
    const testbed::Socket::Received received = receive(wait);
    if (received.bytes == 0) return received.error;
    reader_.take_bytes(received.bytes);
  }
}

void PlaySocket::note(int error, double took_ms) {
  result_ = result_text(error);
  took_ms_ = std::max(took_ms_, took_ms);
}

void PlaySocket::take_down(const std::string& name, Observations& observed) const {
  const auto put = [&](const char* what, Observation observation) { observed[name + what] = std::move(observation); };
  put(".result", lab::observed(result_));
  put(".end", lab::observed(end_));
  put(".took", observed_time(took_ms_));
  put(".connected", observed_number(static_cast<double>(connected_)));
  put(".received", observed_number(static_cast<double>(received_)));
  put(".responses", observed_number(static_cast<double>(responses_)));
  put(".incomplete", observed_number(static_cast<double>(incomplete_)));
  put(".foreign", observed_number(static_cast<double>(foreign_)));
}

}  // namespace closelab::lab
