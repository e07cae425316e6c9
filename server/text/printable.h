#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/text/text_layout.h"

namespace closelab::server {

/// A peer's bytes made safe to show: what is not printable ASCII becomes `\xNN`, so that a request
/// target can neither steer a terminal nor break a line.
std::string printable(std::string_view bytes);

/// The same for a text that may be more than ASCII, from a file: of UTF-8, only what could steer a terminal or turn the
/// direction of writing is escaped, and what is not valid.
std::string printable_text(std::string_view text, Charset charset);

/// How many characters of UTF-8 it has, each of which takes a column.
std::size_t columns_of(std::string_view text);

/// At most so many columns of it, the last three of which are dots where something is missing.
std::string cut_to(std::string_view text, std::size_t columns);

/// `1 byte`, `2 bytes`.
inline std::string counted(std::uint64_t count, std::string_view noun) {
  return std::to_string(count) + ' ' + std::string(noun) + (count == 1 ? "" : "s");
}

}  // namespace closelab::server
