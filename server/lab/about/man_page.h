#pragma once

#include <string>
#include <string_view>

namespace closelab::lab {

/// A page for man(1) from what --help prints, whose layout says all: a heading begins its line; a line that is followed
/// by deeper ones, or has a gap in it, is a term with its explanation; other lines are paragraphs. `name` is the
/// page's, `closelab-serve`; `version` the program's. Pure.
std::string man_page(std::string_view name, std::string_view version, std::string_view help);

}  // namespace closelab::lab
