#pragma once

#include <string_view>
#include <vector>

namespace closelab::lab {

/// A file of the source tree that is part of the program.
struct EmbeddedFile {
  /// Without its folder.
  std::string_view name;
  std::string_view content;
};

}  // namespace closelab::lab
