#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

namespace closelab::server {

enum class Charset : std::uint8_t { utf8, ascii };

enum class TextStyle : std::uint8_t { plain, colored };

/// For what a text is written. 80 columns fit every terminal, and the lines of files and CI logs.
struct TextLayout {
  static constexpr std::size_t usual_columns = 80;
  static constexpr std::size_t fewest_columns = 40;

  std::size_t columns = usual_columns;
  Charset charset = Charset::utf8;
  TextStyle style = TextStyle::plain;
  /// At which column a line of a log or list is broken. Where nobody knows the reader's window, in a file or a pipe, it
  /// stays whole: grep and other programs look for it.
  std::size_t line_columns = std::numeric_limits<std::size_t>::max();
};

}  // namespace closelab::server
