#include "net/kernel/diag_message.h"

#include <doctest/doctest.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <vector>

namespace closelab::net::test {
namespace {

using Kind = DiagMessage::Kind;

/// A message with its payload, padded as netlink pads.
template <class Payload>
std::vector<char> message(std::uint16_t type, const Payload& payload, std::uint16_t flags = 0) {
  nlmsghdr header{};
  header.nlmsg_len = NLMSG_HDRLEN + sizeof payload;
  header.nlmsg_type = type;
  header.nlmsg_flags = flags;
  header.nlmsg_seq = 7;
  std::vector<char> bytes(NLMSG_ALIGN(header.nlmsg_len));
  std::memcpy(bytes.data(), &header, sizeof header);
  std::memcpy(bytes.data() + NLMSG_HDRLEN, &payload, sizeof payload);
  return bytes;
}

inet_diag_msg time_wait() {
  inet_diag_msg socket{};
  socket.idiag_family = AF_INET;
  socket.idiag_state = static_cast<std::uint8_t>(TcpState::time_wait);
  socket.idiag_timer = 3;
  socket.idiag_expires = 60000;
  socket.id.idiag_cookie[1] = 1;
  return socket;
}

std::vector<DiagMessage> read(const std::vector<char>& datagram) {
  std::vector<DiagMessage> messages;
  read_diag_messages(datagram, [&](const DiagMessage& message) {
    messages.push_back(message);
    return true;
  });
  return messages;
}

TEST_CASE("a datagram holds one message after the other") {
  std::vector<char> datagram = message(SOCK_DIAG_BY_FAMILY, time_wait());
  for (const auto& next : {message(TCPDIAG_GETSOCK, time_wait(), NLM_F_DUMP_INTR), message(NLMSG_DONE, int{0})})
    datagram.insert(datagram.end(), next.begin(), next.end());
  const auto messages = read(datagram);
  REQUIRE(messages.size() == 3);
  CHECK(messages[0].kind == Kind::socket);
  CHECK(messages[0].sequence == 7);
  CHECK(messages[0].error == 0);
  CHECK(messages[0].socket.state == TcpState::time_wait);
  CHECK(messages[0].socket.timer == TcpTimer::time_wait);
  CHECK(messages[0].socket.timer_left == std::chrono::seconds(60));
  CHECK(messages[0].socket.cookie == 1ULL << 32);
  CHECK(messages[1].kind == Kind::socket);
  CHECK(messages[1].error == EAGAIN);
  CHECK(messages[2].kind == Kind::done);
  std::size_t seen = 0;
  read_diag_messages(datagram, [&](const DiagMessage&) { return ++seen < 2; });
  CHECK(seen == 2);
}

TEST_CASE("an error comes as an errno, and a code that is none as EBADMSG") {
  struct Case {
    std::uint16_t type;
    int code;
    int error;
  };
  constexpr Case cases[] = {
      {NLMSG_ERROR, -ENOENT, ENOENT},
      {NLMSG_ERROR, 1, EBADMSG},
      {NLMSG_ERROR, std::numeric_limits<int>::min(), EBADMSG},
      {NLMSG_DONE, 0, 0},
      {NLMSG_DONE, -ENOENT, ENOENT},
      {NLMSG_NOOP, 0, EBADMSG},
  };
  for (const Case& c : cases) {
    CAPTURE(c.type);
    CAPTURE(c.code);
    const auto messages = read(message(c.type, c.code));
    REQUIRE(messages.size() == 1);
    CHECK((messages[0].kind == Kind::done) == (c.type == NLMSG_DONE));
    CHECK(messages[0].error == c.error);
  }
}

TEST_CASE("a message that is shorter or longer than it says is an error, and the last one") {
  const std::vector<char> whole = message(SOCK_DIAG_BY_FAMILY, time_wait());
  for (const std::uint32_t claimed : {0U, 15U, 4096U, 0x7fffffffU, 0x80000000U, 0xffffffffU}) {
    CAPTURE(claimed);
    std::vector<char> bytes = whole;
    std::memcpy(bytes.data(), &claimed, sizeof claimed);
    bytes.insert(bytes.end(), whole.begin(), whole.end());
    const auto messages = read(bytes);
    REQUIRE(messages.size() == 1);
    CHECK(messages[0].kind == Kind::error);
    CHECK(messages[0].error == EBADMSG);
  }
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto messages = read({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
    CHECK(messages.size() == (size < sizeof(nlmsghdr) ? 0 : 1));
    for (const DiagMessage& message : messages) CHECK(message.error == EBADMSG);
  }
  const auto short_socket = read(message(SOCK_DIAG_BY_FAMILY, std::uint32_t{0}));
  REQUIRE(short_socket.size() == 1);
  CHECK(short_socket[0].kind == Kind::error);
}

}  // namespace
}  // namespace closelab::net::test
