#pragma once

#include <cstdint>
#include <optional>

#include "closelab/message.h"
#include "closelab/persistence.h"
#include "http/connection_tokens.h"

namespace closelab::http {

/// What ends the response body (RFC 9112 §6.3)?
enum class BodyEnd : std::uint8_t { framed, connection_close };

enum class ServerState : std::uint8_t { running, draining, stopping };

/// Everything that the persistence of a connection after one exchange depends on.
struct PersistenceInputs {
  /// Why the connection ends whatever is answered: a request that was refused or late, a handler that failed.
  CloseReason decided = CloseReason::none;
  Version request_version = Version::http_1_1;
  ConnectionTokens request{};
  ConnectionTokens response{};
  /// Which request this is on its connection, counted from 1.
  std::uint64_t request_number = 1;
  /// Requests that a connection may carry; unset is any number.
  std::optional<std::uint64_t> request_limit{};
  BodyEnd response_body = BodyEnd::framed;
  ServerState server = ServerState::running;
};

/// Keep or close after this exchange (RFC 9112 §9.3). When several rules say close, the reason is what was decided
/// already, else the first in time: what the request said, then its answer, then what we wish.
Persistence decide_persistence(const PersistenceInputs& inputs);

}  // namespace closelab::http
