#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <system_error>

#include "server/lab/audit/audit.h"
#include "server/lab/command_line.h"
#include "server/lab/experiments/run.h"
#include "server/lab/serve/serve.h"
#include "server/lab/settings/usage_error.h"
#include "server/lab/watch/watch.h"

namespace {

using closelab::lab::Command;

constexpr int usage_exit_code = 2;

/// A descriptor 0, 1 or 2 that the parent closed would be given to the next socket, and the log
/// written into a connection.
void occupy_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(fd, F_GETFD) == -1 && ::open("/dev/null", O_RDWR) == -1) std::abort();
}

int fail(int exit_code, const std::exception& error) {
  fmt::print(stderr, "closelab: error: {}\n", error.what());
  return exit_code;
}

/// What can't be written any more, to a full disk for example, was not said.
void flush_standard_output() {
  if (std::fflush(stdout) != 0) throw std::system_error(errno, std::generic_category(), "writing to standard output");
}

int run(const Command& command) {
  for (const std::string& note : command.settings.notes) fmt::print(stderr, "closelab: note: {}\n", note);
  switch (command.action) {
    case Command::Action::show:
      fmt::print("{}", command.text);
      return EXIT_SUCCESS;
    case Command::Action::serve:
      return closelab::lab::serve(command.settings);
    case Command::Action::print_conf:
      return closelab::lab::print_conf(command.settings);
    case Command::Action::watch:
      return closelab::lab::watch(command.watch);
    case Command::Action::run:
      return closelab::lab::run(command.run);
    case Command::Action::audit:
      return closelab::lab::audit(command.audit);
  }
  return EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  occupy_standard_descriptors();
  try {
    const int exit_code = run(closelab::lab::parse_command_line(argc, argv));
    flush_standard_output();
    return exit_code;
  } catch (const closelab::lab::UsageError& error) {
    return fail(usage_exit_code, error);
  } catch (const std::invalid_argument& error) {
    return fail(usage_exit_code, error);
  } catch (const std::exception& error) {
    return fail(EXIT_FAILURE, error);
  }
}
