#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "closelab/endpoint.h"
#include "closelab/record.h"
#include "net/verdict/transit.h"

namespace closelab::server {

/// What a step of a connection is. Those up to `rst` travel from one end to the other; the others stand at an end.
enum class RungKind : std::uint8_t {
  syn,
  request,
  response,
  data,  ///< data that is not known to be a request or a response, or an ACK
  fin,
  rst,
  rule,   ///< what a rule did
  call,   ///< what an application did or saw: `close()`
  state,  ///< what an end was seen in
  note,   ///< anything else that is known of an end
};

std::string_view to_string(RungKind kind);
/// `note` for a name that is none.
RungKind rung_kind_named(std::string_view name);

constexpr bool travels(RungKind kind) { return kind <= RungKind::rst; }

/// One step of a connection. Its text is printable ASCII, whatever a peer sent.
struct Rung {
  /// Since accept() of a record; since the first rung of a connection that was watched from outside.
  std::chrono::nanoseconds at{};
  RungKind kind = RungKind::note;
  /// Who sent it, or where it stands: `client` or `server`.
  Side side = Side::server;
  /// `GET / HTTP/1.1`; `FIN, ACK`; `TIME_WAIT, 60.0 s left`.
  std::string text{};
  /// How it is known; unset for what our side chose to do, and where all is known from packets.
  std::optional<Source> source{};
  /// Of `state`.
  TcpState state = TcpState::unknown;
  /// When it was seen, or went on, for the last time; unset if it was but a moment.
  std::optional<std::chrono::nanoseconds> until{};
  /// How many segments travel, what became of the last of them, and when that arrived.
  std::size_t segments = 1;
  net::Transit transit = net::Transit::unknown;
  std::chrono::nanoseconds arrived{};
};

/// A connection as a ladder: two ends, and what passed between them in the order in which it happened. Text, JSON and
/// HTML are printed from this.
struct Picture {
  Endpoint client;
  Endpoint server;
  std::vector<Rung> rungs{};
};

Picture picture_of(const ConnectionRecord& record);

}  // namespace closelab::server
