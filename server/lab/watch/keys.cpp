#include "server/lab/watch/keys.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>

namespace closelab::lab {
namespace {

/// Those that end a program at the terminal.
sigset_t ending_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&set, signal);
  return set;
}

/// In the background the terminal is another's: to change it would stop us (SIGTTOU).
bool is_ours() { return ::isatty(STDIN_FILENO) != 0 && ::tcgetpgrp(STDIN_FILENO) == ::getpgrp(); }

}  // namespace

Keys::Keys() {
  termios now{};
  if (!is_ours() || ::tcgetattr(STDIN_FILENO, &now) != 0) return;
  const sigset_t ending = ending_signals();
  signals_ = net::UniqueFd(::signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals_) return;
  ::sigprocmask(SIG_BLOCK, &ending, nullptr);
  before_ = now;
  now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  ::tcsetattr(STDIN_FILENO, TCSANOW, &now);
}

Keys::~Keys() { restore(); }

void Keys::restore() {
  if (!before_) return;
  if (is_ours()) ::tcsetattr(STDIN_FILENO, TCSANOW, &*before_);
  before_.reset();
  signals_.reset();
}

/// A signal that came ends the program as if it had not been held back, once the terminal is as before.
Keys::Wish Keys::look() {
  signalfd_siginfo info{};
  if (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    restore();
    const sigset_t ending = ending_signals();
    ::raise(static_cast<int>(info.ssi_signo));
    ::sigprocmask(SIG_UNBLOCK, &ending, nullptr);
  }
  pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  if (::poll(&input, 1, 0) != 1) return Wish::go_on;
  std::array<char, 64> keys{};
  const ssize_t count = ::read(STDIN_FILENO, keys.data(), keys.size());
  // The terminal is gone.
  if (count <= 0) return Wish::quit;
  const auto end = keys.begin() + count;
  return std::find(keys.begin(), end, 'q') == end ? Wish::go_on : Wish::quit;
}

Keys::Wish Keys::wait(std::chrono::steady_clock::time_point until) {
  if (!before_) {
    std::this_thread::sleep_until(until);
    return Wish::go_on;
  }
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    if (left <= 0) return Wish::go_on;
    std::array<pollfd, 2> entries{
        {{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0}, {.fd = signals_.get(), .events = POLLIN, .revents = 0}}};
    constexpr std::int64_t longest = 60'000;
    if (::poll(entries.data(), entries.size(), static_cast<int>(std::min(left, longest))) > 0 && look() == Wish::quit)
      return Wish::quit;
  }
}

}  // namespace closelab::lab
