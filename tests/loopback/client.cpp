#include "tests/loopback/client.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "net/socket/socket_address.h"

namespace closelab::loopback {
namespace {

[[noreturn]] void fail(const char* what, int error = errno) {
  throw std::system_error(error, std::system_category(), what);
}

void await(int fd, short events) {
  pollfd entry{.fd = fd, .events = events, .revents = 0};
  const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(patience);
  if (::poll(&entry, 1, static_cast<int>(limit.count())) != 1) throw std::runtime_error("the server did nothing");
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

void add_field(Reply& reply, const std::string& line) {
  const std::size_t colon = line.find(": ");
  if (colon == std::string::npos) throw std::runtime_error("not a field line: " + line);
  std::string& value = reply.fields[lower(line.substr(0, colon))];
  value += (value.empty() ? "" : ", ") + line.substr(colon + 2);
}

bool has_no_body(int status) { return status < 200 || status == 204 || status == 304; }

std::string request(std::string_view method, std::string_view path, std::string_view version, std::string_view fields) {
  std::string text;
  text.append(method).append(" ").append(path).append(" HTTP/").append(version).append("\r\n");
  return text.append("Host: test\r\n").append(fields).append("\r\n");
}

}  // namespace

std::string Reply::field(const std::string& name) const {
  const auto found = fields.find(name);
  return found != fields.end() ? found->second : std::string();
}

Client::Client(const Endpoint& server, int receive_buffer) {
  const net::SocketAddress address = net::to_socket_address(server);
  fd_ = net::UniqueFd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (receive_buffer > 0) ::setsockopt(fd(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  if (::connect(fd(), address.data(), address.length) != 0) fail("connect");
}

Endpoint Client::local() const { return net::local_endpoint(fd()); }

Sent Client::send_available(std::string_view bytes) const {
  const ssize_t sent = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent >= 0 ? Sent{static_cast<std::size_t>(sent), 0} : Sent{0, errno};
}

Sent Client::try_send(std::string_view bytes) const {
  Sent result;
  while (result.bytes < bytes.size()) {
    const Sent step = send_available(bytes.substr(result.bytes));
    result.bytes += step.bytes;
    if (step.error == EAGAIN) {
      await(fd(), POLLOUT);
    } else if (step.error != 0) {
      result.error = step.error;
      break;
    }
  }
  return result;
}

void Client::send(std::string_view bytes) const {
  if (const Sent sent = try_send(bytes); sent.error != 0) fail("send", sent.error);
}

Received Client::receive_some() {
  await(fd(), POLLIN);
  std::array<char, 64 * 1024> piece;
  const ssize_t bytes = ::recv(fd(), piece.data(), piece.size(), 0);
  if (bytes < 0) return {{}, errno};
  return {std::string(piece.data(), static_cast<std::size_t>(bytes)), 0};
}

Received Client::receive_to_end() {
  Received all{std::exchange(buffer_, {}), 0};
  while (true) {
    const Received step = receive_some();
    all.bytes += step.bytes;
    all.error = step.error;
    if (step.bytes.empty()) return all;
  }
}

std::string Client::receive_until(std::string_view text) {
  while (buffer_.find(text) == std::string::npos) fill();
  return std::exchange(buffer_, {});
}

bool Client::is_quiet() const {
  char byte = 0;
  return buffer_.empty() && ::recv(fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

bool Client::receives_fin() {
  const Received end = receive_to_end();
  return end.bytes.empty() && end.error == 0;
}

void Client::fill() {
  const Received step = receive_some();
  if (step.error != 0) fail("recv", step.error);
  if (step.bytes.empty()) throw std::runtime_error("the server's FIN came within a response: " + buffer_);
  buffer_ += step.bytes;
}

std::string Client::take(std::size_t bytes) {
  while (buffer_.size() < bytes) fill();
  std::string taken = buffer_.substr(0, bytes);
  buffer_.erase(0, bytes);
  return taken;
}

std::string Client::take_line() {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n")) == std::string::npos) fill();
  return take(end + 2).substr(0, end);
}

std::string Client::take_chunks() {
  std::string body;
  while (const std::size_t size = std::stoul(take_line(), nullptr, 16)) {
    body += take(size);
    if (take_line() != "") throw std::runtime_error("no CRLF after a chunk");
  }
  if (take_line() != "") throw std::runtime_error("no CRLF after the last chunk");
  return body;
}

Reply Client::receive_reply(Body body) {
  Reply reply;
  reply.status_line = take_line();
  if (!reply.status_line.starts_with("HTTP/1.1 ")) throw std::runtime_error("not a response: " + reply.status_line);
  reply.status = std::stoi(reply.status_line.substr(9));
  for (std::string line = take_line(); !line.empty(); line = take_line()) add_field(reply, line);
  if (body == Body::none || has_no_body(reply.status)) return reply;
  if (reply.fields.contains("content-length")) {
    reply.body = take(std::stoul(reply.field("content-length")));
  } else if (reply.field("transfer-encoding") == "chunked") {
    reply.body = take_chunks();
  } else {
    reply.body = receive_to_end().bytes;
  }
  return reply;
}

Reply Client::exchange(std::string_view request, Body body) {
  send(request);
  return receive_reply(body);
}

void Client::send_fin() const { ::shutdown(fd(), SHUT_WR); }

void Client::reset() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

std::string get(std::string_view path, std::string_view fields) { return request("GET", path, "1.1", fields); }

std::string get_1_0(std::string_view path, std::string_view fields) { return request("GET", path, "1.0", fields); }

std::string post(std::string_view path, std::string_view body, std::string_view fields) {
  std::string all = "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return request("POST", path, "1.1", all.append(fields)).append(body);
}

}  // namespace closelab::loopback
