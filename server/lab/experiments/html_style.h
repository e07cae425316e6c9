#pragma once

#include <string_view>

namespace closelab::lab {

/// The style sheet of the HTML report: light and dark, for screens of any width and for paper. It holds no character
/// that HTML would want escaped.
extern const std::string_view html_style;

}  // namespace closelab::lab
