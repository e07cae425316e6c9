#pragma once

#include <cstddef>
#include <vector>

#include "closelab/tcp_table.h"

namespace closelab::net {

/// A v4-mapped range as the IPv4 range that it stands for; any other as it is. The kernel compares an IPv4 range with
/// IPv4 sockets and with v4-mapped ones, but a v4-mapped range with the latter only.
AddressRange without_mapping(const AddressRange& range);

/// The filter's ports and addresses as a program that the kernel runs on each socket of a dump
/// (INET_DIAG_REQ_BYTECODE, sock_diag(7)); empty when there is no condition. States are not part of it: they have a
/// bitmask of their own.
std::vector<std::byte> compile(const TcpFilter& filter);

}  // namespace closelab::net
