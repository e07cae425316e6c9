#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "server/record/picture.h"

namespace closelab::lab {

/// For each packet, what is to be said of it.
using PacketComments = std::vector<std::vector<std::string>>;

/// Which packet a step that travels is, `from` or a later one; none when it is none of them.
using FindPacket = std::function<std::optional<std::size_t>(const server::Rung&, std::size_t from)>;

/// The words of the ladder, each with its packet: what a packet is, with the calls that came before it and the states
/// that were seen after it; with the last one, how the connection ended. Nothing without packets. Pure.
PacketComments comments_of(const std::vector<server::Rung>& rungs, std::size_t packets, const FindPacket& find,
                           const std::string& ending);

}  // namespace closelab::lab
