#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "closelab/record.h"

namespace closelab::server {

/// What is waited for: the first connection that fits.
struct Barrier {
  enum class Until : std::uint8_t {
    accepted,
    idle,
    peer_closed,  ///< the client has sent its FIN
    closed,
  };
  Until until = Until::closed;
  /// One connection; unset is any.
  std::optional<std::uint64_t> connection{};
  /// Any with an id above this.
  std::uint64_t after = 0;
  /// That have received at least so many requests.
  std::uint64_t requests = 0;
};

/// Where a connection stands. `never`: it was the only one that could, and has gone past.
enum class Reached : std::uint8_t { no, yes, never };
Reached reached(const Barrier& barrier, const ConnectionRecord& record);

/// Our FIN is out and the client's is not, and nothing has reset the connection: since when, from accept() on.
std::optional<std::chrono::nanoseconds> alone_since(const ConnectionRecord& record);

/// The same of a connection of which there is no record. `last_id`: of the last to be accepted.
Reached reached_without_record(const Barrier& barrier, std::uint64_t last_id);

}  // namespace closelab::server
