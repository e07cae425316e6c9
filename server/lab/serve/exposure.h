#pragma once

#include <optional>
#include <string>
#include <vector>

#include "closelab/endpoint.h"

namespace closelab::lab {

/// What it means that a port is not on loopback, a warning for each such port. Pure.
std::vector<std::string> exposure_warnings(const Endpoint& lab, const std::optional<Endpoint>& admin);

}  // namespace closelab::lab
