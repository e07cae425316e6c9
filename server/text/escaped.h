#pragma once

#include <string>
#include <string_view>

#include "server/text/quantity.h"

/// Bytes in a text that can hold none: `HTTP/1.1 408 Request Timeout\r\n`, `\x16\x03`.
namespace closelab::server {

/// Reads `\r`, `\n`, `\t`, `\\` and `\xNN`; every other byte stands for itself. The error names the byte that begins an
/// escape which is none, counted from 0.
Parsed<std::string> parse_escaped(std::string_view text);

/// What parse_escaped() reads back: printable ASCII as it is, but the backslash.
std::string format_escaped(std::string_view bytes);

}  // namespace closelab::server
