#pragma once

#include <string>
#include <string_view>

#include "server/record/picture.h"

namespace closelab::lab {

/// The ladder as an SVG element for an HTML page: a row for every moment, the client on the left, each end's TCP states
/// as a coloured bar. Where a segment's arrival is known, its arrow ends in the row of that moment, so that segments
/// that cross are seen to. Of a very long ladder, the middle is left out and said to be. `id` is unique in the page.
/// Empty when there is no connection.
std::string ladder_svg(const server::Picture& picture, std::string_view id);

}  // namespace closelab::lab
