#include <algorithm>

#include "server/rules/rule_check.h"
#include "server/text/quantity.h"

// What can be said, and when.

namespace closelab::server {
namespace {

using Fault = std::optional<RuleError>;

/// A response is on its way, and not at its end.
bool is_inside_response(At at) {
  return at == At::response_headers || at == At::response_body || at == At::response_wire;
}

std::string no_sense(At at, std::string_view why) {
  return "makes no sense at " + std::string(to_string(at)) + ": " + std::string(why);
}

constexpr std::string_view use_send = "a response is under way; send puts bytes into it";

Fault fault_of_framing(const AnswerAction& answer) {
  using Framing = AnswerAction::Framing;
  if (answer.length && answer.framing != Framing::length)
    return RuleError{"length", "goes with the framing \"length\" alone"};
  if (!answer.trailers.empty() && answer.framing != Framing::chunked)
    return RuleError{"trailers", "goes with the framing \"chunked\" alone"};
  return std::nullopt;
}

Fault fault_of(const AnswerAction& answer, At at) {
  if (answer.status < 200 || answer.status > 999)
    return RuleError{"answer", "must be from 200 to 999; interim sends what is below"};
  if (is_inside_response(at)) return RuleError{"answer", no_sense(at, use_send)};
  const bool before_body = at == At::request_headers || at == At::expect || at == At::request_body;
  if (answer.read_body == Switch::off && !before_body)
    return RuleError{"read_body", "off goes with request_headers, expect and request_body:N alone"};
  return fault_of_framing(answer);
}

Fault fault_of(const SendAction& send, At) {
  return send.bytes.empty() ? Fault(RuleError{"send", "must have at least one byte"}) : std::nullopt;
}

Fault fault_of(const InterimAction& interim, At at) {
  constexpr std::uint64_t most = 10'000;
  constexpr std::uint64_t most_bytes = 4 * 1024 * 1024;
  if (interim.status < 100 || interim.status > 199 || interim.status == 101)
    return RuleError{"interim", "must be from 100 to 199, and not 101, after which no HTTP follows"};
  if (interim.count == 0 || interim.count > most) return RuleError{"count", "must be from 1 to 10000"};
  if (interim.fields.size() * interim.count > most_bytes) return RuleError{"fields", "and count make more than 4MiB"};
  return is_inside_response(at) ? Fault(RuleError{"interim", no_sense(at, use_send)}) : std::nullopt;
}

Fault fault_of(const ExpectAction& expect, At at) {
  if (at != At::expect) return RuleError{"expect", no_sense(at, "it goes with expect alone")};
  if (expect.kind != ExpectAction::Kind::late) return std::nullopt;
  const bool in_range = expect.after > std::chrono::milliseconds(0) && expect.after <= std::chrono::hours(24);
  return in_range ? Fault() : RuleError{"expect", "late: its time must be more than 0ms and at most 24h"};
}

Fault fault_of_text(const std::string& text) {
  const bool lines = std::ranges::any_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
  if (lines || text.empty()) return RuleError{"announce", "must be none, close or another text of one line"};
  return std::nullopt;
}

Fault fault_of(const AnnounceAction& announce, At at) {
  if (is_inside_response(at) || at == At::after_response)
    return RuleError{"announce", no_sense(at, "the response's head has been sent")};
  return fault_of_text(announce.text);
}

Fault fault_of(const CloseAction& close, At at) {
  if (!close.announce) return std::nullopt;
  if (at < At::response_headers) return RuleError{"announce", no_sense(at, "no response comes before this close")};
  return fault_of_text(*close.announce);
}

Fault fault_of(const TruncateAction&, At at) {
  if (at != At::response_wire) return std::nullopt;
  return RuleError{"truncate", no_sense(at, "close leaves unsent what has not been sent")};
}

template <class Other>
Fault fault_of(const Other&, At) {
  return std::nullopt;
}

}  // namespace

std::optional<RuleError> find_fault_of_saying(const Rule& rule) {
  if (const auto* answer = std::get_if<AnswerAction>(&rule.action); answer != nullptr && answer->announce) {
    if (Fault fault = fault_of_text(*answer->announce)) return fault;
  }
  return std::visit([&rule](const auto& action) { return fault_of(action, rule.at.at); }, rule.action);
}

}  // namespace closelab::server
