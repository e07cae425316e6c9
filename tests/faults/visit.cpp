#include "tests/faults/visit.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <thread>

#include "tests/faults/model.h"

namespace closelab::faults {
namespace {

using namespace std::chrono_literals;

// Reached only when something is wrong.
constexpr std::chrono::seconds patience{10};

std::string first_request(const Cell& cell) {
  const std::string expect = cell.at() == At::expect ? "Expect: 100-continue\r\n" : "";
  return "POST / HTTP/1.1\r\nHost: lab\r\n" + expect + "Content-Length: " + std::to_string(request_body_bytes) +
         "\r\n\r\n" + std::string(request_body_bytes, 'q');
}

constexpr std::string_view second_request = "GET / HTTP/1.1\r\nHost: lab\r\n\r\n";

}  // namespace

bool eventually(const std::function<bool()>& condition) {
  const auto limit = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

Visit::Visit(Cell cell, Server& server, std::uint64_t connection)
    : cell_(std::move(cell)),
      server_(server),
      connection_(connection),
      client_(server.endpoint(), 0),
      local_(client_.local()) {}

void Visit::send_first_request() const {
  const std::string request = first_request(cell_);
  ::send(client_.fd(), request.data(), request.size(), MSG_NOSIGNAL);
}

bool Visit::rule_has_fired() const {
  const auto record = server_.connection(connection_);
  return record && !record->rules_fired.empty();
}

void Visit::run() {
  const Outcome must = *expected(cell_);
  const bool two_requests = sends_second_request(cell_);
  bool is_open = receive(two_requests ? awaited_before_second_request(cell_) : std::string::npos);
  if (is_open && two_requests) {
    if (cell_.at() == At::idle) eventually([this] { return rule_has_fired(); });
    if (cell_.moment.idle_at_least > 0ms) {
      // The server's clock has begun by then.
      server_.wait_idle(connection_);
      std::this_thread::sleep_for(cell_.moment.idle_at_least);
    }
    client_.send(second_request);
    is_open = receive(must.saw == Saw::own_fin ? must.wire.size() : std::string::npos);
  }
  ended_at_ = WallClock::now();
  const CloseMode* mode = mode_of(cell_);
  if (saw_ == Saw::eof && mode != nullptr && *mode == CloseMode::delayed) await_close();
  client_.close();
}

/// False when the connection ends before so many bytes have come since its beginning.
bool Visit::receive(std::size_t bytes) {
  std::array<char, 4096> buffer;
  while (received_.size() < bytes) {
    const ssize_t got = ::recv(client_.fd(), buffer.data(), buffer.size(), 0);
    if (got > 0) {
      received_.append(buffer.data(), static_cast<std::size_t>(got));
      continue;
    }
    saw_ = got == 0 ? Saw::eof : errno == ECONNRESET ? Saw::reset : Saw::in_vain;
    return false;
  }
  return true;
}

/// Of a server that pauses after its FIN: a client that closes meanwhile would never see what comes then.
void Visit::await_close() const {
  eventually([this] {
    const auto record = server_.connection(connection_);
    return record && find<fact::Closed>(record->evidence) != nullptr;
  });
}

}  // namespace closelab::faults
