#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "server/lab/experiments/outcome.h"

namespace closelab::lab {

/// What is to be said of captured packets, by the time at which one was captured.
using PacketWords = std::map<std::chrono::nanoseconds, std::vector<std::string>>;

/// The words of the ladder, each with its packet: what a packet is, with the calls that came before it and the states
/// that were seen after it; with the last one, how the connection ended. A packet that was seen on both hosts has two
/// times, and the words at both. Pure.
PacketWords words_of_packets(const CaseOutcome& outcome);

}  // namespace closelab::lab
