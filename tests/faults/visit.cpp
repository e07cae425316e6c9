#include "tests/faults/visit.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <thread>

namespace closelab::faults {
namespace {

using namespace std::chrono_literals;

// Reached only when something is wrong.
constexpr std::chrono::seconds patience{10};

std::string first_request() {
  return "POST / HTTP/1.1\r\nHost: lab\r\nContent-Length: " + std::to_string(request_body_bytes) + "\r\n\r\n" +
         std::string(request_body_bytes, 'q');
}

constexpr std::string_view second_request = "GET / HTTP/1.1\r\nHost: lab\r\n\r\n";

std::uint64_t content_length(std::string_view head) {
  constexpr std::string_view name = "\r\nContent-Length: ";
  const std::size_t found = head.find(name);
  return found != std::string_view::npos ? std::stoul(std::string(head.substr(found + name.size()))) : 0;
}

Part take_part(std::string_view& bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return {};
  Part part{.head = true, .promised = content_length(bytes.substr(0, end + 2)), .body = 0};
  bytes.remove_prefix(end + 4);
  part.body = std::min<std::uint64_t>(part.promised, bytes.size());
  bytes.remove_prefix(static_cast<std::size_t>(part.body));
  return part;
}

}  // namespace

bool eventually(const std::function<bool()>& condition) {
  const auto limit = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

std::array<Part, 2> parts_of(std::string_view bytes) {
  std::array<Part, 2> parts;
  for (Part& part : parts) part = take_part(bytes);
  return parts;
}

std::size_t first_body(std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  return end != std::string_view::npos ? end + 4 : 0;
}

std::size_t second_response(std::string_view bytes) {
  std::string_view rest = bytes;
  take_part(rest);
  return bytes.size() - rest.size();
}

Visit::Visit(Cell cell, Server& server, std::uint64_t connection)
    : cell_(std::move(cell)),
      server_(server),
      connection_(connection),
      client_(server.endpoint(), 0),
      local_(client_.local()) {}

void Visit::send_first_request() const {
  const std::string request = first_request();
  ::send(client_.fd(), request.data(), request.size(), MSG_NOSIGNAL);
}

bool Visit::rule_has_fired() const {
  const auto record = server_.connection(connection_);
  return record && !record->rules_fired.empty();
}

void Visit::run() {
  bool complete = receive_response(0);
  if (complete && sends_second_request(cell_)) {
    if (cell_.trigger.at == At::idle) eventually([this] { return rule_has_fired(); });
    client_.send(second_request);
    complete = receive_response(1);
  } else if (complete) {
    complete = receive_response(1);  // none is due: this waits for the end
  }
  ended_at_ = WallClock::now();
  const CloseMode* mode = mode_of(cell_);
  if (saw_ == Saw::eof && mode != nullptr && *mode == CloseMode::delayed) await_close();
  client_.close();
}

/// False when the connection ends before.
bool Visit::receive_response(std::size_t index) {
  std::array<char, 4096> buffer;
  while (!parts_of(received_)[index].is_complete()) {
    const ssize_t bytes = ::recv(client_.fd(), buffer.data(), buffer.size(), 0);
    if (bytes > 0) {
      received_.append(buffer.data(), static_cast<std::size_t>(bytes));
      continue;
    }
    saw_ = bytes == 0 ? Saw::eof : errno == ECONNRESET ? Saw::reset : Saw::in_vain;
    return false;
  }
  return true;
}

/// Of a server that pauses behind its FIN: a client that closes meanwhile would never see what comes then.
void Visit::await_close() const {
  eventually([this] {
    const auto record = server_.connection(connection_);
    return record && find<fact::Closed>(record->evidence) != nullptr;
  });
}

}  // namespace closelab::faults
