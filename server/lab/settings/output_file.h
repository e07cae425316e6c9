#pragma once

#include <fstream>
#include <string>
#include <string_view>

namespace closelab::lab {

/// A file that is written at the end of a long run, and opened before, for the run would be in vain without it.
class OutputFile {
 public:
  /// An empty name: none is wanted. Throws UsageError when it can't be opened.
  explicit OutputFile(std::string file);
  bool is_wanted() const { return stream_.is_open(); }
  /// Throws std::runtime_error when it can't be written.
  void write(std::string_view text);

 private:
  std::string file_;
  std::ofstream stream_;
};

}  // namespace closelab::lab
