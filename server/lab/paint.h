#pragma once

#include "server/lab/log.h"
#include "server/lab/settings.h"

namespace closelab::lab {

/// Whether standard output is to be colored.
Paint choose_paint(Color color);

}  // namespace closelab::lab
