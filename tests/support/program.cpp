#include "tests/support/program.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "tests/where.h"

namespace closelab::cli {
namespace {

int checked(int result, const std::string& what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

std::vector<std::string> serve_command(const std::vector<std::string>& flags) {
  std::vector<std::string> command{CLOSELAB_PROGRAM, "serve", "--port=0", "--log-format=json",
                                   // What a test sees must not depend on whether it may capture packets.
                                   "--witness=off"};
  command.insert(command.end(), flags.begin(), flags.end());
  return command;
}

}  // namespace

Lab::Lab(const std::vector<std::string>& flags) : program_(serve_command(flags)) {
  const nlohmann::json listening = event("listening");
  port_ = listening["port"];
  admin_url_ = listening.value("admin_url", "");
}

std::string Lab::url(const std::string& path) const { return "http://127.0.0.1:" + std::to_string(port_) + path; }

nlohmann::json Lab::event(const std::string& name) {
  while (true) {
    nlohmann::json event = nlohmann::json::parse(program_.line());
    if (event["event"] == name) return event;
  }
}

Finished curl(std::vector<std::string> arguments) {
  // -q: whatever ~/.curlrc says is not part of the test.
  arguments.insert(arguments.begin(), {"curl", "-q", "-sS", "--noproxy", "*"});
  return run(arguments);
}

Finished closelab(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), CLOSELAB_PROGRAM);
  return run(arguments);
}

RawClient::RawClient(std::uint16_t port) : fd_(checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  checked(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), "connect");
}

RawClient::~RawClient() { ::close(fd_); }

void RawClient::send(const std::string& bytes) const {
  checked(static_cast<int>(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL)), "send");
}

std::string RawClient::read_until(const std::string& text) const {
  std::string all;
  std::array<char, 4096> piece{};
  const Deadline deadline = from_now();
  // Where the text may begin: what came before is not searched again, for it may be megabytes.
  std::size_t from = 0;
  while (text.empty() || all.find(text, from) == std::string::npos) {
    from = all.size() - std::min(all.size(), text.size());
    if (!readable_before(fd_, deadline)) throw std::runtime_error("nothing more came after: " + all);
    const int n = checked(static_cast<int>(::recv(fd_, piece.data(), piece.size(), 0)), "recv");
    if (n == 0 && text.empty()) break;
    if (n == 0) throw std::runtime_error("the server closed after: " + all);
    all.append(piece.data(), static_cast<std::size_t>(n));
  }
  return all;
}

std::string RawClient::read_to_end() const { return read_until(""); }

}  // namespace closelab::cli
