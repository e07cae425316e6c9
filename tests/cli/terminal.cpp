#include "tests/cli/terminal.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <system_error>

#include "tests/support/program.h"

namespace closelab::cli {
namespace {

winsize size_of(unsigned short rows, unsigned short columns) {
  return {.ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
}

}  // namespace

Terminal::Terminal(const std::vector<std::string>& arguments, unsigned short rows, unsigned short columns) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  ::setenv("TERM", "xterm", 1);
  const winsize size = size_of(rows, columns);
  pid_ = ::forkpty(&fd_, nullptr, nullptr, &size);
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "forkpty");
  if (pid_ == 0) {
    ::execvp(argv.front(), argv.data());
    ::_exit(127);
  }
}

Terminal::~Terminal() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  ::close(fd_);
}

bool Terminal::fill() {
  pollfd entry{.fd = fd_, .events = POLLIN, .revents = 0};
  const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(patience);
  if (::poll(&entry, 1, static_cast<int>(limit.count())) != 1) throw std::runtime_error("nothing came: " + text_);
  std::array<char, 65536> piece{};
  const ssize_t n = ::read(fd_, piece.data(), piece.size());
  if (n > 0) text_.append(piece.data(), static_cast<std::size_t>(n));
  return n > 0;  // EIO when the program has ended
}

const std::string& Terminal::read_until(const std::function<bool(const std::string&)>& enough) {
  while (!enough(text_))
    if (!fill()) throw std::runtime_error("the program ended: " + text_);
  return text_;
}

const std::string& Terminal::read_to_end() {
  while (fill()) {
  }
  return text_;
}

void Terminal::press(const std::string& keys) const {
  if (::write(fd_, keys.data(), keys.size()) < 0) throw std::system_error(errno, std::generic_category(), "write");
}

void Terminal::resize(unsigned short rows, unsigned short columns) const {
  const winsize size = size_of(rows, columns);
  ::ioctl(fd_, TIOCSWINSZ, &size);
}

}  // namespace closelab::cli
