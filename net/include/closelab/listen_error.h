#pragma once

#include <string>
#include <system_error>

namespace closelab {

/// Listening failed; what() says what holds the port, for how long, and what would help.
class ListenError : public std::system_error {
 public:
  ListenError(std::error_code code, const std::string& explanation) : std::system_error(code, explanation) {}
};

}  // namespace closelab
