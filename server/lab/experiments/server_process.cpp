#include "server/lab/experiments/server_process.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "closelab/server.h"
#include "server/lab/serve/query_options.h"
#include "server/lab/serve/routes.h"

namespace closelab::lab {
namespace {

/// Where the control socket is in the server's process; everything above is closed there.
constexpr int control_fd = 3;

std::string receive(int fd) {
  std::array<char, 64> text{};
  const ssize_t size = ::recv(fd, text.data(), text.size(), 0);
  return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

void send(int fd, std::string_view text) { ::send(fd, text.data(), text.size(), MSG_NOSIGNAL); }

void obey(Server& server, std::string_view command) {
  if (command == "stop") server.stop();
  if (command == "hold_close") server.hold_close();
  if (command == "release") server.release();
  if (command == "close_idle") server.close_idle();
}

void serve_until_told(const Options& options, int control) {
  Server server(options);
  add_routes(server);
  send(control, "ok");
  for (std::string command = receive(control); !command.empty(); command = receive(control)) {
    obey(server, command);
    send(control, "done");
    if (command == "stop") return;
  }
}

}  // namespace

ServerProcess::~ServerProcess() {
  if (is_running()) end_and_wait(SIGKILL);
}

std::string ServerProcess::start() {
  if (is_running()) throw std::runtime_error("the server is running already");
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0)
    throw std::system_error(errno, std::generic_category(), "socketpair");
  control_ = net::UniqueFd(pair[0]);
  const net::UniqueFd theirs(pair[1]);
  pid_ = ::fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) run(theirs.get());
  const std::string result = receive(control_.get());
  if (result != "ok") end_by(SIGKILL);
  return result.empty() ? "failed" : result;
}

/// The play's own sockets must not stay open here, or its close() would close nothing.
void ServerProcess::run(int control) const {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  static_cast<void>(std::signal(SIGTERM, SIG_DFL));
  if (host_ != nullptr) host_->enter();
  ::dup2(control, control_fd);
  ::close_range(control_fd + 1, ~0U, 0);
  try {
    Options options = settings_.options;
    options.rules_of_request = rules_from_query;
    serve_until_told(options, control_fd);
  } catch (const std::system_error& error) {
    send(control_fd, ::strerrorname_np(error.code().value()));
  } catch (const std::exception& error) {
    send(control_fd, "EINVAL");
  }
  ::_exit(EXIT_SUCCESS);
}

void ServerProcess::tell(std::string_view command) {
  if (!is_running()) throw std::runtime_error("the server is not running");
  send(control_.get(), command);
  if (receive(control_.get()) != "done") throw std::runtime_error("the server is gone");
  if (command == "stop") end_by(SIGKILL);
}

void ServerProcess::end_by(int signal) {
  // kill(2) takes -1 for every process that there is.
  if (!is_running()) throw std::runtime_error("the server is not running");
  end_and_wait(signal);
}

void ServerProcess::end_and_wait(int signal) noexcept {
  ::kill(pid_, signal);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace closelab::lab
