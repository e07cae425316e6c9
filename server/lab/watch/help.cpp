#include "server/lab/settings/help.h"

#include <fmt/format.h>

#include "server/lab/settings/word_wrap.h"
#include "server/lab/watch/settings.h"

namespace closelab::lab {
namespace {

constexpr std::string_view synopsis = R"(NAME
  closelab watch - the machine's TCP sockets by state, and who holds TIME_WAIT

SYNOPSIS
  closelab watch [--once] [OPTION]...

DESCRIPTION
  Shows how many TCP sockets are in each state, then each of those in TIME_WAIT
  with the time that is left of it, those that came last first. On a terminal
  the table is refreshed in place and cut to the window; elsewhere tables follow
  each other, complete. q or Ctrl-C ends it. Where not all columns fit, the time
  left comes first.

  The kernel is asked through netlink (sock_diag) for the sockets of this
  network namespace, and does the filtering; no privilege is needed. A
  connection between two programs of this machine has two sockets, one for each
  end.

  Local Address is the end that holds TIME_WAIT. Held by says which end of the
  connection that is:
    server   a socket listens at the local address and port
    client   a socket listens at the foreign address and port, on this machine
    both     both ends are here and hold it: they closed at once
    unknown  none listens at either end, or one does at both

  Time left is what the kernel's timer says. `≤ 2 s`: the timer is due; Linux
  may keep the socket for up to 2 s more.

OPTIONS
)";

constexpr std::string_view rest = R"(  -h, --help

EXAMPLES
  closelab watch --port 8080
      In one terminal, while curl runs in another.
  closelab watch --once | head
      Like netstat -n | awk '/^tcp/ {++S[$NF]} END {for (s in S) print s, S[s]}'
      and netstat -nat | grep TIME_WAIT
  closelab watch --once --state CLOSE_WAIT
      Who did not close after the other side did.
  closelab watch --once --format json --port 8080 | jq .states.TIME_WAIT
      For programs.

EXIT STATUS
  0  --once: the table is printed
  1  the kernel can't be asked, or nobody takes the output
  2  the command line can't be understood
)";

/// The sign as the table writes it: a terminal without UTF-8 would show three others.
std::string synopsis_in(server::Charset charset) {
  constexpr std::string_view sign = "≤";
  std::string text(synopsis);
  return charset == server::Charset::utf8 ? text : text.replace(text.find(sign), sign.size(), "<=");
}

}  // namespace

std::string watch_help(server::Charset charset) {
  std::string options;
  for (const WatchFlag& flag : watch_flags()) {
    options += fmt::format("  {}{}{}\n{}", flag.name, flag.placeholder.empty() ? "" : " ", flag.placeholder,
                           wrap(flag.help, "      ", 80));
  }
  return fmt::format("{}{}{}", synopsis_in(charset), options, rest);
}

}  // namespace closelab::lab
