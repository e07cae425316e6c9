#pragma once

#include <fstream>
#include <sstream>
#include <string>

#include "closelab/endpoint.h"

namespace closelab::loopback {

/// Whether /proc/net/tcp, a witness that the server does not use, shows `local` -> `remote` (IPv4) in TIME_WAIT.
inline bool is_in_time_wait(const Endpoint& local, const Endpoint& remote) {
  const auto hex_address = [](const Endpoint& endpoint) {
    char text[16];
    std::snprintf(text, sizeof text, "%02X%02X%02X%02X:%04X", endpoint.address[3], endpoint.address[2],
                  endpoint.address[1], endpoint.address[0], endpoint.port);
    return std::string(text);
  };
  const std::string wanted = ' ' + hex_address(local) + ' ' + hex_address(remote) + " 06 ";
  std::ifstream table("/proc/net/tcp");
  for (std::string line; std::getline(table, line);) {
    if (line.find(wanted) != std::string::npos) return true;
  }
  return false;
}

}  // namespace closelab::loopback
