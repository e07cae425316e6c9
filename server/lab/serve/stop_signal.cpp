#include "server/lab/serve/stop_signal.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

namespace closelab::lab {
namespace {

net::UniqueFd checked(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return net::UniqueFd(fd);
}

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  // One that is blocked would be read although it is ignored.
  struct sigaction action {};
  ::sigaction(SIGHUP, nullptr, &action);
  if (action.sa_handler != SIG_IGN) sigaddset(&set, SIGHUP);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return set;
}

}  // namespace

StopSignal::StopSignal() {
  const sigset_t set = stop_signals();
  signals_ = checked(::signalfd(-1, &set, SFD_CLOEXEC), "signalfd");
  finished_ = checked(::eventfd(0, EFD_CLOEXEC), "eventfd");
}

std::string StopSignal::wait() {
  std::array<pollfd, 2> entries{{{signals_.get(), POLLIN, 0}, {finished_.get(), POLLIN, 0}}};
  while (::poll(entries.data(), entries.size(), -1) < 0) {
  }
  if (entries[0].revents == 0) return "";
  signalfd_siginfo info{};
  if (::read(signals_.get(), &info, sizeof info) != sizeof info) return "";
  return std::string("SIG") + ::sigabbrev_np(static_cast<int>(info.ssi_signo));
}

void StopSignal::finished() { ::eventfd_write(finished_.get(), 1); }

}  // namespace closelab::lab
