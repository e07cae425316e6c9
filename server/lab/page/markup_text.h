#pragma once

#include <string>
#include <string_view>

namespace closelab::lab {

/// As text or in an attribute of HTML or XML 1.0, which have neither control characters nor what is not UTF-8.
std::string markup_text(std::string_view text);

}  // namespace closelab::lab
