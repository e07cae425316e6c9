#pragma once

#include <array>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>

namespace closelab {

enum class AddressFamily : std::uint8_t { unspecified, ipv4, ipv6 };

/// One end of a TCP connection: an IP address and a port.
/// A v4-mapped IPv6 address (::ffff:a.b.c.d, what a dual-stack socket sees of an IPv4 peer) keeps
/// the family `ipv6`, because that is where the kernel files the socket; it prints as IPv4.
struct Endpoint {
  AddressFamily family = AddressFamily::unspecified;
  std::uint16_t port = 0;
  /// The interface of a link-local IPv6 address (RFC 4007), else 0.
  std::uint32_t scope_id = 0;
  /// Network byte order; IPv4 uses the first four bytes.
  std::array<std::uint8_t, 16> address{};

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// True for ::ffff:0:0/96 (RFC 4291 §2.5.5.2).
bool is_v4_mapped(const Endpoint& endpoint);

/// The address alone: `127.0.0.1`, `::1`, `fe80::1%2`.
std::string address_text(const Endpoint& endpoint);

/// `127.0.0.1:8080`, `[::1]:8080`; `-` when unspecified.
std::string to_string(const Endpoint& endpoint);

std::string_view to_string(AddressFamily family);
std::ostream& operator<<(std::ostream& out, AddressFamily family);
std::ostream& operator<<(std::ostream& out, const Endpoint& endpoint);

}  // namespace closelab
