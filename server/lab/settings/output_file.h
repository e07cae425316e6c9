#pragma once

#include <string>
#include <string_view>

#include "net/socket/unique_fd.h"

namespace closelab::lab {

/// A file that is written at the end of a long run, and opened before, for the run would be in vain without it. Only
/// its owner may read it, and a symbolic link is not followed.
class OutputFile {
 public:
  /// An empty name: none is wanted. Throws UsageError when it can't be opened.
  explicit OutputFile(std::string file);
  bool is_wanted() const { return static_cast<bool>(fd_); }
  /// Throws std::system_error when it can't be written.
  void write(std::string_view text);

 private:
  std::string file_;
  net::UniqueFd fd_;
};

}  // namespace closelab::lab
