#pragma once

#include <cstddef>
#include <cstdint>

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
};

}  // namespace closelab::server
