#include "net/witness/saved_syn.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>

namespace closelab::net {
namespace {

constexpr std::size_t ipv6_header = 40;
constexpr std::size_t to_sequence = 4;

/// Where TCP's header begins; empty when IP carries something else, or extension headers.
std::optional<std::size_t> tcp_offset(std::span<const std::uint8_t> headers) {
  if (headers.size() < 20) return std::nullopt;
  const unsigned version = headers[0] >> 4U;
  if (version == 4 && headers[9] == IPPROTO_TCP) return (headers[0] & 0x0fU) * std::size_t{4};
  if (version == 6 && headers[6] == IPPROTO_TCP) return ipv6_header;
  return std::nullopt;
}

}  // namespace

bool save_syns(int listener) {
  const int on = 1;
  return ::setsockopt(listener, IPPROTO_TCP, TCP_SAVE_SYN, &on, sizeof on) == 0;
}

std::optional<std::uint32_t> client_initial_sequence(int fd) {
  // IPv4 with options, or IPv6, and TCP with options; a longer one, with IPv6's extension headers, is not understood.
  std::array<std::uint8_t, 160> headers{};
  socklen_t length = headers.size();
  if (::getsockopt(fd, IPPROTO_TCP, TCP_SAVED_SYN, headers.data(), &length) != 0) return std::nullopt;
  return sequence_in_headers({headers.data(), length});
}

std::optional<std::uint32_t> sequence_in_headers(std::span<const std::uint8_t> headers) {
  const auto tcp = tcp_offset(headers);
  if (!tcp || headers.size() < *tcp + to_sequence + sizeof(std::uint32_t)) return std::nullopt;
  std::uint32_t sequence = 0;
  for (const std::uint8_t byte : headers.subspan(*tcp + to_sequence, sizeof sequence)) sequence = sequence << 8 | byte;
  return sequence;
}

}  // namespace closelab::net
