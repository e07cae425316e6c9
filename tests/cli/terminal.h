#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

namespace closelab::cli {

/// A program whose standard output is a terminal of that size. Killed when it goes out of scope.
class Terminal {
 public:
  Terminal(const std::vector<std::string>& arguments, unsigned short rows, unsigned short columns);
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// Everything that was written so far, as soon as `enough` says so of it; throws when that does not happen.
  const std::string& read_until(const std::function<bool(const std::string&)>& enough);
  /// Everything to the program's end.
  const std::string& read_to_end();
  /// As if somebody pressed these keys.
  void press(const std::string& keys) const;
  /// The window gets another size, as if somebody dragged its border.
  void resize(unsigned short rows, unsigned short columns) const;

 private:
  /// False at the end.
  bool fill();

  int fd_ = -1;
  pid_t pid_ = -1;
  std::string text_;
};

}  // namespace closelab::cli
