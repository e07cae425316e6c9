#pragma once

#include <string_view>

namespace closelab::http {

/// A host with an optional port, as in a Host field (RFC 9110 §7.2) and in the authority of an http URI: a name, an
/// IPv4 address, or an IPv6 address in brackets (RFC 3986 §3.2.2), and a port that TCP has. Empty is allowed in Host.
bool is_host(std::string_view value);

}  // namespace closelab::http
