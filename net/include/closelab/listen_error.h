#pragma once

#include <string>
#include <system_error>
#include <utility>

namespace closelab {

/// Listening failed; code() is the errno, what() says what holds the port, for how long, and what would help.
class ListenError : public std::system_error {
 public:
  ListenError(std::error_code code, std::string explanation)
      : std::system_error(code), explanation_(std::move(explanation)) {}
  const char* what() const noexcept override { return explanation_.c_str(); }

 private:
  std::string explanation_;
};

}  // namespace closelab
