#pragma once

#include <string>

#include "server/record/picture.h"
#include "server/text/text_layout.h"

namespace closelab::server {

/// The picture as text: the client's lifeline on the left, the server's on the right; time runs downwards, in
/// milliseconds. No line is wider than the layout's columns, and none less than 40 is tried for. How each step is known
/// has a column where there is room for it. Empty for a picture without rungs.
std::string ladder(const Picture& picture, const TextLayout& layout);

}  // namespace closelab::server
