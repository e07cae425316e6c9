#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace closelab::lab {

/// Text for the content of an element or a quoted attribute, of HTML and XML alike. Control characters, which XML does
/// not allow, become U+FFFD.
std::string escaped(std::string_view text);

/// A text as an id, and as the target of a link to it: letters, digits, `-`, `_` and `.`, the rest as `-`.
std::string anchor(std::string_view text);

/// At most so many characters (code points) of UTF-8; what is longer ends with an ellipsis.
std::string shortened(std::string_view text, std::size_t characters);

/// Milliseconds with three digits after the point: `50.205`.
std::string milliseconds_text(std::chrono::nanoseconds time);

}  // namespace closelab::lab
