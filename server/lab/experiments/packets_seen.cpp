#include "server/lab/experiments/packets_seen.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "net/testbed/wire_verdict.h"

namespace closelab::lab {
namespace {

using testbed::Packet;

bool is_reset(const Packet& packet) { return packet.has(testbed::rst); }
bool is_fin(const Packet& packet) { return packet.has(testbed::fin); }

/// The one answer that the packets allow; empty when they allow several.
template <class Answer>
std::optional<Answer> only(const std::vector<Answer>& answers) {
  return answers.size() == 1 ? std::optional(answers.front()) : std::nullopt;
}

testbed::First first_of(std::span<const Packet> packets) {
  return only(testbed::read_wire(packets).first).value_or(testbed::First{});
}

/// Up to the first ACK that is not the SYN's.
std::size_t handshake_segments(std::span<const Packet> packets) {
  std::size_t count = 0;
  for (const Packet& packet : packets) {
    ++count;
    if (!packet.has(testbed::syn)) break;
  }
  return count;
}

/// From the first FIN on; 0 when there is none.
std::size_t close_segments(std::span<const Packet> packets) {
  return static_cast<std::size_t>(packets.end() - std::ranges::find_if(packets, is_fin));
}

}  // namespace

void take_down_packets(std::span<const Packet> packets, Observations& observed) {
  const testbed::First first = first_of(packets);
  observed["closed_first"] = lab::observed(std::string(to_string(first.side)));
  observed["closed_by"] = lab::observed(std::string(to_string(first.by)));
  // An RST into TIME_WAIT is one nevertheless: what the packets show first counts.
  const std::vector<ResetBy> reset_by = testbed::read_wire(packets).reset_by;
  observed["reset_by"] = lab::observed(std::string(to_string(reset_by.empty() ? ResetBy::none : reset_by.front())));
  observed["handshake.segments"] = observed_number(static_cast<double>(handshake_segments(packets)));
  // A length that does not fit IP's would show as a payload beyond 65,535.
  const auto fits = [](const Packet& packet) { return packet.payload <= 0xffff; };
  observed["segments"] = observed_number(static_cast<double>(packets.size()));
  observed["segments.in_datagram"] = observed_number(static_cast<double>(std::ranges::count_if(packets, fits)));
  observed["close.segments"] = observed_number(static_cast<double>(close_segments(packets)));
  for (const Side side : {Side::server, Side::client}) {
    const auto fins =
        std::ranges::count_if(packets, [&](const Packet& packet) { return packet.from == side && is_fin(packet); });
    observed["fins." + std::string(to_string(side))] = observed_number(static_cast<double>(fins));
  }
}

void take_down_connections(const testbed::Connections& connections, Observations& observed) {
  std::size_t count = 0;
  std::size_t resets = 0;
  std::map<Side, std::size_t> closed_first;
  std::optional<std::size_t> least_to_close;
  for (const auto& [ends, with_these_ends] : connections) {
    for (const auto& packets : with_these_ends) {
      const auto answered = [](const Packet& packet) { return packet.has(testbed::syn) && packet.has(testbed::ack); };
      if (std::ranges::none_of(packets, answered)) continue;
      ++count;
      resets += std::ranges::any_of(packets, is_reset) ? 1 : 0;
      ++closed_first[first_of(packets).side];
      if (const std::size_t to_close = close_segments(packets); to_close > 0)
        least_to_close = std::min(least_to_close.value_or(to_close), to_close);
    }
  }
  if (least_to_close) observed["close.segments.least"] = observed_number(static_cast<double>(*least_to_close));
  observed["connections"] = observed_number(static_cast<double>(count));
  observed["resets"] = observed_number(static_cast<double>(resets));
  for (const Side side : {Side::server, Side::client})
    observed["closed_first." + std::string(to_string(side))] = observed_number(static_cast<double>(closed_first[side]));
}

}  // namespace closelab::lab
