#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "closelab/tcp_table.h"
#include "closelab/verdict.h"

namespace closelab::lab {

struct ListedSocket {
  TcpSocket socket{};
  /// In TIME_WAIT: which end of the connection holds it.
  std::optional<TimeWait> time_wait{};
};

/// What `closelab watch` shows at one time.
struct Snapshot {
  std::chrono::system_clock::time_point at{};
  TcpFilter filter{};
  StateCounts counts{};
  /// By state, then by the time left: those that came last are first.
  std::vector<ListedSocket> listed{};
  /// How many more there are than `listed` has.
  std::size_t not_listed = 0;
};

/// What the kernel told, to make a snapshot from.
struct SocketTables {
  std::chrono::system_clock::time_point at{};
  /// Those that meet the watcher's filter.
  std::vector<TcpSocket> sockets{};
  /// Every listener of the machine.
  std::vector<TcpSocket> listeners{};
  /// Where the filter passes over other ends of `sockets`: those that are in TIME_WAIT.
  std::vector<TcpSocket> other_ends{};
};

/// Whether an address belongs to this machine.
using IsLocal = std::function<bool(const Endpoint&)>;

/// Counts all sockets, and lists those in the filter's states, or else in TIME_WAIT, at most `rows`. Pure.
///
/// TIME_WAIT is held by `both` when both ends have it; by the `server` when a socket listens at the holder's address
/// and port; by the `client` when one listens at its peer's, on this machine; else it is `unknown` which it is.
Snapshot take_snapshot(const SocketTables& tables, const TcpFilter& filter, std::size_t rows, const IsLocal& is_local);

}  // namespace closelab::lab
