#pragma once

#include <string>
#include <string_view>

#include "tests/loopback/client.h"

namespace closelab::hostile {

/// A response with Content-Length, and exactly as many bytes of its body.
inline bool is_complete(std::string_view response) {
  constexpr std::string_view field = "Content-Length: ";
  const std::size_t end = response.find("\r\n\r\n");
  const std::size_t length = response.find(field);
  if (end == std::string_view::npos || length > end) return false;
  return response.size() - end - 4 == std::stoul(std::string(response.substr(length + field.size(), 20)));
}

/// Reads until a response is complete, or to the end: what there is of it.
inline std::string receive_response(loopback::Client& client) {
  std::string response;
  while (!is_complete(response)) {
    const loopback::Received step = client.receive_some();
    if (step.bytes.empty()) break;
    response += step.bytes;
  }
  return response;
}

}  // namespace closelab::hostile
