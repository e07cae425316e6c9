#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/text/quantity.h"

namespace closelab::lab {

/// The parameters of a query string, decoded, in their order.
using Parameters = std::vector<std::pair<std::string, std::string>>;

/// Reads `at=idle:2s&close=abortive`: %XX and `+` are decoded (application/x-www-form-urlencoded); a name without
/// `=` has the empty value.
server::Parsed<Parameters> parse_query(std::string_view query);

}  // namespace closelab::lab
