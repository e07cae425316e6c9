#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "server/lab/settings/settings.h"
#include "server/lab/watch/print.h"

namespace closelab::lab {

/// Standard output. On a terminal a text takes the place of the one before it; without the alternate screen and with
/// the cursor left visible, so that nothing has to be restored whatever ends the program. Elsewhere, and as JSON, texts
/// follow each other.
class Screen {
 public:
  explicit Screen(LogFormat format);

  /// What a text may fill now; endless where texts follow each other.
  Room room() const;
  /// Throws std::system_error when it can't be written.
  void show(std::string_view text);

 private:
  std::string go_back(std::size_t columns) const;
  std::string frame(std::string_view text, std::size_t columns) const;

  LogFormat format_;
  bool in_place_;
  std::size_t shown_rows_ = 0;
  std::size_t shown_columns_ = 0;
};

}  // namespace closelab::lab
