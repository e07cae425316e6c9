#pragma once

#include <cstdint>
#include <string_view>

#include "closelab/message.h"
#include "http/connection_tokens.h"
#include "http/refusal.h"

namespace closelab::http {

/// How the request says where its body ends (RFC 9112 §6.3).
enum class BodyFraming : std::uint8_t { none, content_length, chunked };

enum class Expectation : std::uint8_t { none, continue_100 };

/// What a complete head means, or why it is refused.
struct HeadMeaning {
  Refusal fault = Refusal::none;
  /// The text that is at fault.
  std::string_view culprit;
  BodyFraming framing = BodyFraming::none;
  std::uint64_t content_length = 0;
  /// Expect: 100-continue, which HTTP/1.0 doesn't have (RFC 9110 §10.1.1).
  Expectation expectation = Expectation::none;
  ConnectionTokens connection{};
};

/// The rules that concern a head as a whole: Host, framing and expectation. When several are broken the
/// first of these counts.
HeadMeaning interpret_head(const RequestMessage& head, const HttpLimits& limits);

}  // namespace closelab::http
