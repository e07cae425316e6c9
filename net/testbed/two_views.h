#pragma once

#include <vector>

#include "net/testbed/segment.h"

namespace closelab::testbed {

/// What was captured at both ends as one story: each segment once, with when it left and when it arrived, in the order
/// of leaving (a repeated one: of arriving).
std::vector<Segment> join_views(const std::vector<Segment>& at_client, const std::vector<Segment>& at_server,
                                const Endpoint& client);

}  // namespace closelab::testbed
