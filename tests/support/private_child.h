#pragma once

#include <functional>

namespace closelab::test {

/// Whether it holds in a child that is in a private network. What throws is not allowed on this machine: then it is
/// skipped, and holds.
bool holds_in_private_network(const std::function<bool()>& body);

}  // namespace closelab::test
