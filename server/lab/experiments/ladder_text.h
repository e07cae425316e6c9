#pragma once

#include <string>

#include "net/testbed/picture.h"
#include "server/lab/serve/log.h"

namespace closelab::lab {

/// The ladder in 99 columns: time runs downwards, in milliseconds; the client is on the left.
std::string ladder_text(const testbed::Picture& picture, TextStyle paint);

}  // namespace closelab::lab
