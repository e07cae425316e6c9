#include "server/lab/serve/exposure.h"

#include <fmt/format.h>

#include "net/socket/socket_address.h"

namespace closelab::lab {
namespace {

bool is_loopback(const Endpoint& endpoint) {
  const Endpoint plain = net::without_mapping(endpoint);
  if (plain.family == AddressFamily::ipv4) return plain.address[0] == 127;
  Endpoint six{.family = AddressFamily::ipv6, .port = plain.port, .scope_id = plain.scope_id, .address = {}};
  six.address.back() = 1;
  return plain == six;
}

}  // namespace

std::vector<std::string> exposure_warnings(const Endpoint& lab, const std::optional<Endpoint>& admin) {
  std::vector<std::string> warnings;
  if (!is_loopback(lab))
    warnings.push_back(
        fmt::format("{} is reachable from other machines: whoever reaches it can let this one send and buffer what "
                    "they like, within docs/limits.md; there is no TLS and no password",
                    to_string(lab)));
  if (admin && !is_loopback(*admin))
    warnings.push_back(
        fmt::format("the admin port {} is reachable from other machines: whoever reaches it can read every record, "
                    "change the rules and cut connections; there is no password",
                    to_string(*admin)));
  return warnings;
}

}  // namespace closelab::lab
