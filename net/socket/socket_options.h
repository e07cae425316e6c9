#pragma once

#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "closelab/socket_options.h"

namespace closelab::net {

/// A socket option's name in the sockets API and its value as the kernel reports it.
struct OptionInEffect {
  std::string_view name;
  std::string value;
};

/// The first option that the kernel refused; no code: none.
struct OptionError {
  std::error_code code;
  std::string_view option;
};

/// Sets SO_REUSEADDR, SO_REUSEPORT and IPV6_V6ONLY before bind().
OptionError apply(const ListenOptions& options, int fd);

/// Sets the options that accepted sockets inherit from their listener, which saves a call per connection.
/// SO_LINGER is not among them: net/teardown sets it when it closes.
OptionError apply(const SocketOptions& options, int fd);

/// Reads the options back with getsockopt(2).
std::vector<OptionInEffect> options_in_effect(int fd);

}  // namespace closelab::net
