#pragma once

#include <termios.h>

#include <chrono>
#include <optional>

#include "net/socket/unique_fd.h"

namespace closelab::lab {

/// The keyboard, where standard input is a terminal: a key is read as soon as it is pressed, and not shown. The
/// terminal is as before when this goes out of scope, also after a signal that ends the program.
class Keys {
 public:
  Keys();
  ~Keys();
  Keys(const Keys&) = delete;
  Keys& operator=(const Keys&) = delete;

  enum class Wish : std::uint8_t { go_on, quit };

  /// Waits until then; `quit` at once when q is pressed. Ends the program by the signal that asks for that.
  Wish wait(std::chrono::steady_clock::time_point until);

 private:
  void restore();
  Wish look();

  std::optional<termios> before_;
  net::UniqueFd signals_;
};

}  // namespace closelab::lab
