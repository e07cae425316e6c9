#include "tests/faults/server_stream.h"

#include <algorithm>
#include <iterator>

namespace closelab::faults {
namespace {

using testbed::Packet;

/// The sequence number of the first byte that a side sends.
std::uint32_t start_of(std::span<const Packet> packets, Side side) {
  const auto syn =
      std::ranges::find_if(packets, [side](const Packet& p) { return p.from == side && p.has(testbed::syn); });
  return syn != packets.end() ? syn->sequence + 1 : 0;
}

void add_from_server(ServerStream& stream, const Packet& packet, std::uint32_t start) {
  // RSTs that answer a segment of the client carry its numbers, and the first one counts.
  if (packet.has(testbed::rst)) stream.rst = stream.rst.value_or(packet.at);
  if (packet.has(testbed::fin)) stream.fin = stream.fin.value_or(packet.at);
  const std::uint64_t offset = packet.sequence - start;
  if (packet.payload == 0 || offset + packet.payload <= stream.sent) return;
  stream.pieces.push_back({offset, packet.payload, packet.at});
  stream.sent = offset + packet.payload;
}

}  // namespace

ServerStream read_stream(std::span<const Packet> packets) {
  ServerStream stream;
  const std::uint32_t start = start_of(packets, Side::server);
  std::size_t client_pieces = 0;
  for (const Packet& packet : packets) {
    if (packet.has(testbed::syn)) continue;
    if (packet.from == Side::server) {
      add_from_server(stream, packet, start);
      continue;
    }
    if (packet.payload > 0 && ++client_pieces == 2) stream.second_request = packet.at;
    if (!packet.has(testbed::ack)) continue;
    // A FIN of the server's counts as one byte.
    const std::uint64_t acknowledged = packet.acknowledgement - start;
    stream.acknowledged = std::max(stream.acknowledged, std::min(acknowledged, stream.sent));
  }
  return stream;
}

const ServerStream::Piece* ServerStream::before(std::uint64_t offset) const {
  const Piece* last = nullptr;
  for (const Piece& piece : pieces) {
    if (piece.end() <= offset) last = &piece;
  }
  return last;
}

std::vector<ServerStream::Piece> ServerStream::between(std::uint64_t from, std::uint64_t to) const {
  std::vector<Piece> within;
  std::ranges::copy_if(pieces, std::back_inserter(within),
                       [=](const Piece& piece) { return piece.end() > from && piece.offset < to; });
  return within;
}

}  // namespace closelab::faults
