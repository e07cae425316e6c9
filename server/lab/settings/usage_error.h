#pragma once

#include <stdexcept>

namespace closelab::lab {

/// The command line or a conf file can't be understood; what() says where and why. Exit code 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace closelab::lab
