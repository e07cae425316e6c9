#pragma once

#include <cstdint>
#include <optional>

#include "closelab/message.h"
#include "closelab/persistence.h"
#include "http/connection_tokens.h"

namespace closelab::http {

/// Was the request readable as HTTP and within the limits?
enum class RequestState : std::uint8_t { accepted, refused };

/// Did the handler answer, or was 500 answered in its place?
enum class HandlerState : std::uint8_t { answered, failed };

/// What ends the response body (RFC 9112 §6.3)?
enum class BodyEnd : std::uint8_t { framed, connection_close };

/// Has the request body been read to its end when the response is written?
enum class RequestBody : std::uint8_t { read, unread };

enum class ServerState : std::uint8_t { running, stopping };

/// Everything that the persistence of a connection after one exchange depends on.
struct PersistenceInputs {
  Version request_version = Version::http_1_1;
  ConnectionTokens request{};
  ConnectionTokens response{};
  /// Which request this is on its connection, counted from 1.
  std::uint64_t request_number = 1;
  /// Requests that a connection may carry; unset is any number.
  std::optional<std::uint64_t> request_limit{};
  RequestState request_state = RequestState::accepted;
  HandlerState handler = HandlerState::answered;
  BodyEnd response_body = BodyEnd::framed;
  RequestBody request_body = RequestBody::read;
  ServerState server = ServerState::running;
};

/// Keep or close after this exchange (RFC 9112 §9.3). When several rules say close, the reason is
/// the first in time: what the request said, then what became of its answer, then what we wish.
Persistence decide_persistence(const PersistenceInputs& inputs);

}  // namespace closelab::http
