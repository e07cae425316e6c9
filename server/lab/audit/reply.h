#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/lab/audit/passage.h"

namespace closelab::lab {

/// What a client said of a step.
struct Reply {
  enum class Kind : std::uint8_t { ok, error, not_applicable };
  Kind kind = Kind::ok;
  /// The response's, where the client tells.
  std::optional<int> status{};
  /// The length of its body.
  std::optional<std::uint64_t> bytes{};
  /// What an error says.
  std::string text{};
  /// What the client in front of a proxy saw; nothing where there is no proxy, or it has itself given up.
  std::optional<ExchangeEnd> front{};
};

/// `ok`, `err`, `na`.
std::string_view to_string(Reply::Kind kind);

/// In words: `200 with 10 bytes`, `success` where it does not tell more, `an error: connection reset`, `no word`.
std::string describe(const Reply& reply);

struct ParsedReply {
  Reply reply{};
  /// Empty when the line is one of the protocol's, and about that step.
  std::string error{};
};

/// Reads a driver's line about step `number`: `3 ok 200 10`, `3 err connection reset`, `3 na`.
ParsedReply parse_reply(std::string_view line, std::size_t number);

}  // namespace closelab::lab
