#pragma once

#include <string>

#include "closelab/drain.h"
#include "closelab/options.h"

namespace closelab::server {

/// Throws std::invalid_argument with the message.
void require(bool condition, const std::string& message);

// Each throws std::invalid_argument that names the key whose value is out of range.

void check(const Options& options);
void check(const DrainOptions& options);
void check(CloseMode mode);
void check(ListenerMode mode);

}  // namespace closelab::server
