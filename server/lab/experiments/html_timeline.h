#pragma once

#include <string>
#include <string_view>

#include "server/record/picture.h"

namespace closelab::lab {

/// The TCP states of both ends over time, to scale, as an SVG element for an HTML page. What is too short for its name
/// has only its colour. `id` is unique in the page. Empty when no state was seen.
std::string timeline_svg(const server::Picture& picture, std::string_view id);

}  // namespace closelab::lab
