#pragma once

#include <string>

#include "closelab/endpoint.h"

namespace closelab::capture {

/// Everything of TCP from and to the endpoint, of a wildcard address from and to its port, once each, as pcap-filter(7)
/// has it for LiveCapture.
std::string filter_of(const Endpoint& endpoint);

/// The same, but only segments with SYN, FIN or RST.
std::string ending_filter_of(const Endpoint& endpoint);

}  // namespace closelab::capture
