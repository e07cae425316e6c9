// A datagram of netlink messages, as the kernel answers a question about sockets.

#include <sstream>
#include <vector>

#include "net/kernel/diag_message.h"
#include "tests/fuzz/fuzz.h"

namespace closelab::fuzz {

void try_input(std::string_view input) {
  // A copy, because a datagram is aligned and the input is not.
  const std::vector<char> datagram(input.begin(), input.end());
  constexpr std::size_t least_message = 16;
  std::size_t count = 0;
  net::read_diag_messages(datagram, [&](const net::DiagMessage& message) {
    expect(++count <= datagram.size() / least_message, "no message is read twice");
    expect(message.error >= 0 && message.error < 4096, "an error is an errno");
    if (message.kind == net::DiagMessage::Kind::error) return true;
    std::ostringstream text;
    text << message.socket;
    expect_error_text(text.str());
    return message.kind == net::DiagMessage::Kind::socket;
  });
}

}  // namespace closelab::fuzz
