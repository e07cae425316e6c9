#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "closelab/close_mode.h"
#include "closelab/evidence.h"
#include "closelab/message.h"
#include "closelab/switch.h"

namespace closelab {

/// The moments of a connection at which a rule can act, in their order.
enum class At : std::uint8_t {
  accept,            ///< accept() returned it; nothing has been read
  request_headers,   ///< a request's head is complete; nothing of its body has been read
  expect,            ///< the same, and the request asks for 100 (Continue), which has not been sent
  request_body,      ///< exactly Trigger::bytes bytes of the request's body have been read
  before_response,   ///< the handler has answered; nothing of the response has been sent
  response_headers,  ///< the response's head has been sent, and nothing of its body
  response_body,     ///< exactly Trigger::bytes bytes of the response's body have been sent
  response_wire,     ///< exactly Trigger::bytes bytes of the response have been sent, head and chunk framing included
  after_response,    ///< the whole response has been sent
  idle,              ///< no request has come for Trigger::after
  next_request,      ///< the first byte of the request after this one has arrived; it has not been read
};

/// The moment at which a rule acts.
struct Trigger {
  At at = At::before_response;
  /// Of `request_body` and `response_body`, for which chunk framing does not count, and of `response_wire`, for which
  /// everything does. What is shorter never gets there.
  std::uint64_t bytes = 0;
  /// Of `idle`.
  std::chrono::milliseconds after{0};

  friend bool operator==(const Trigger&, const Trigger&) = default;
};

/// Ends the connection in this mode; what has not been sent of a response stays unsent. After `response_headers`,
/// `response_body`, `response_wire` and `after_response` a mode that can reset the connection waits until the client
/// has acknowledged what was sent, so that the RST destroys none of it.
struct CloseAction {
  CloseMode mode = CloseMode::lingering;
  /// From `response_headers` on: what the head of the response before it says (AnnounceAction). Unset: at
  /// `after_response` it says `Connection: close` (RFC 9112 §9.6), else what is so without the rule.
  std::optional<std::string> announce{};
  friend bool operator==(const CloseAction&, const CloseAction&) = default;
};

/// Neither reads nor writes for that long, then goes on.
struct DelayAction {
  std::chrono::milliseconds duration{0};
  friend bool operator==(const DelayAction&, const DelayAction&) = default;
};

/// Neither reads nor writes any more, until the client closes or the server stops.
struct StallAction {
  friend bool operator==(const StallAction&, const StallAction&) = default;
};

/// Sends no further body byte of the response, though its head promises more (a Content-Length that is larger, or
/// chunks without the last one), and then ends the connection in its close mode. After the whole body
/// (`after_response`) the head has promised one byte more. Before a response: the next one, without any of its body.
struct TruncateAction {
  friend bool operator==(const TruncateAction&, const TruncateAction&) = default;
};

/// From here to the end of the response, reads and writes at most so many bytes every so often.
struct SlowAction {
  std::uint64_t bytes = 1;
  std::chrono::milliseconds every{100};
  friend bool operator==(const SlowAction&, const SlowAction&) = default;
};

/// Answers the request in place of its handler, in every byte as it is told. Before a request, or after a response, it
/// is an answer that nobody has asked for.
struct AnswerAction {
  /// 200 to 999.
  int status = 200;
  /// Unset: the usual one.
  std::optional<std::string> reason{};
  /// Field lines as they go over the wire, in their order and spelling; each but perhaps the last ends in CRLF. Date,
  /// what frames the body, and Connection come after them, unless a line has that name.
  std::string fields{};
  std::string body{};
  /// What the status line says.
  Version version = Version::http_1_1;
  /// What the head says of where the body ends (RFC 9112 §6.3). `close` ends the connection; `none` says nothing, and
  /// ends nothing.
  enum class Framing : std::uint8_t { length, chunked, close, none };
  Framing framing = Framing::length;
  /// What Content-Length says; unset: the truth. Only with Framing::length.
  std::optional<std::uint64_t> length{};
  /// Field lines after the last chunk. Only with Framing::chunked.
  std::string trailers{};
  /// Off: the answer does not wait for the request's body, which is read and dropped afterwards, unless the connection
  /// ends. Only before the body is complete.
  Switch read_body = Switch::on;
  /// Ends the connection in this mode after the answer, as a CloseAction at `after_response` does.
  std::optional<CloseMode> close{};
  /// See AnnounceAction; unset: the truth.
  std::optional<std::string> announce{};
  friend bool operator==(const AnswerAction&, const AnswerAction&) = default;
};

/// Sends these bytes, whatever they are: before a request, into the middle of a response, after one, on an idle
/// connection.
struct SendAction {
  std::string bytes{};
  /// Ends the connection in this mode after them.
  std::optional<CloseMode> close{};
  friend bool operator==(const SendAction&, const SendAction&) = default;
};

/// Sends interim responses (RFC 9110 §15.2).
struct InterimAction {
  /// 100 to 199, but 101, after which no HTTP follows.
  int status = 103;
  /// As AnswerAction::fields; nothing is added.
  std::string fields{};
  std::uint64_t count = 1;
  friend bool operator==(const InterimAction&, const InterimAction&) = default;
};

/// What becomes of the 100 (Continue) that a client waits for (RFC 9110 §10.1.1). Only at `expect`.
struct ExpectAction {
  enum class Kind : std::uint8_t {
    proceed,  ///< it is sent, even if the body has begun to come
    never,    ///< it is not sent
    late,     ///< it is sent after `after`, even if the body has begun to come; nothing is read before
    twice,    ///< it is sent twice
  };
  Kind kind = Kind::proceed;
  std::chrono::milliseconds after{0};
  friend bool operator==(const ExpectAction&, const ExpectAction&) = default;
};

/// What the next response says in Connection and Keep-Alive, whatever becomes of the connection: `none` is neither of
/// them; `close` or another text is Connection's value; after a `;` follows Keep-Alive's. A text with a `=` is
/// Keep-Alive's alone, with `Connection: keep-alive`: `timeout=0`.
struct AnnounceAction {
  std::string text = "none";
  friend bool operator==(const AnnounceAction&, const AnnounceAction&) = default;
};

using Action = std::variant<CloseAction, DelayAction, StallAction, TruncateAction, SlowAction, AnswerAction, SendAction,
                            InterimAction, ExpectAction, AnnounceAction>;

/// Which connections and requests, at which moment, what happens there. A value: change it and use it again.
///
///     server.add_rule(closelab::at_response_body(100).close(CloseMode::abortive).on_connection(1).once());
///
/// Rules are tried in the order in which they were added; at one moment every rule that matches acts, until one ends
/// or stalls the connection.
struct Rule {
  /// Counted from 1 in the order of accept(); unset is every connection.
  std::optional<std::uint64_t> connection{};
  /// Counted from 1 on its connection; unset is every request. For `idle` and `next_request`: the request that came
  /// before. Not with `accept`.
  std::optional<std::uint64_t> request{};
  /// The request's path; one that ends in `*` is a prefix; empty is every path. For `idle` and `next_request`: that
  /// of the request before. Not with `accept`.
  std::string path{};
  /// The request's method, as it is spelt; empty is every method. For `idle` and `next_request` as `path`.
  std::string method{};
  Trigger at{};
  /// Of `next_request`: only after the connection has been idle for so long.
  std::chrono::milliseconds idle_at_least{0};
  Action action{};
  /// How often it may act; unset is any number.
  std::optional<std::uint64_t> times{};
  /// That it acts on a request (or connection) that it matches: 0 to 1.
  double probability = 1;

  Rule& on_connection(std::uint64_t number);
  Rule& on_request(std::uint64_t number);
  Rule& on_path(std::string_view pattern);
  Rule& on_method(std::string_view name);
  Rule& after_idle(std::chrono::milliseconds at_least);
  Rule& close(CloseMode mode = CloseMode::lingering);
  Rule& delay(std::chrono::milliseconds duration);
  Rule& stall();
  Rule& truncate();
  Rule& slow(std::uint64_t bytes, std::chrono::milliseconds every);
  Rule& answer(AnswerAction what);
  Rule& send(std::string_view bytes);
  Rule& interim(int status, std::string_view fields = {}, std::uint64_t count = 1);
  Rule& expect(ExpectAction what);
  /// With a close or an answer: what is said before it. Else an action of its own.
  Rule& announce(std::string_view text);
  Rule& at_most(std::uint64_t times_at_most);
  Rule& once();
  Rule& with_probability(double value);

  friend bool operator==(const Rule&, const Rule&) = default;
};

/// A rule for that moment, to be completed: `at(At::next_request).close()`.
Rule at(At moment);
Rule at_request_body(std::uint64_t bytes);
Rule at_response_body(std::uint64_t bytes);
Rule at_response_wire(std::uint64_t bytes);
Rule at_idle(std::chrono::milliseconds after);

/// What is wrong with the rule, as a sentence that names the key; empty when nothing is. Server::add_rule() throws it.
std::string error_of(const Rule& rule);

/// A rule of a server, and what became of it.
struct RuleStatus {
  /// Counted from 1 in the order of adding.
  std::uint64_t id = 0;
  Rule rule;
  /// How often it has acted.
  std::uint64_t fired = 0;
};

/// What a `slow` rule let pass at once.
struct PacedPiece {
  /// Since accept().
  std::chrono::nanoseconds at{};
  Sender from = Sender::server;
  /// Of the connection; of what the client sent as many as were read.
  std::uint64_t bytes = 0;
};

/// The first pieces that a `slow` rule let pass on a connection, and how many more there were.
struct PacedPieces {
  static constexpr std::size_t kept = 16;
  std::vector<PacedPiece> first;
  std::uint64_t left_out = 0;
};

/// A rule that acted on a connection.
struct RuleFiring {
  /// Since accept().
  std::chrono::nanoseconds at{};
  /// RuleStatus::id; 0 for a rule that came with the request (a query option).
  std::uint64_t rule_id = 0;
  /// The request that was under way, or had been last; 0 before the first.
  std::uint64_t request_number = 0;
  /// What it did: `close abortive at response_body:100`.
  std::string text;
  /// The moment at which it acted.
  At moment = At::accept;
  /// Bytes that it sent, and no handler said.
  std::uint64_t said_bytes = 0;
  /// Set for `slow`.
  std::optional<PacedPieces> pieces{};
};

std::string_view to_string(At at);
/// `response_body:100`.
std::string to_string(const Trigger& trigger);
/// `close abortive at response_body:100, connection 1, once`.
std::string describe(const Rule& rule);

std::ostream& operator<<(std::ostream& out, At at);
std::ostream& operator<<(std::ostream& out, const Trigger& trigger);
/// `close abortive`.
std::ostream& operator<<(std::ostream& out, const Action& action);
std::ostream& operator<<(std::ostream& out, const Rule& rule);
std::ostream& operator<<(std::ostream& out, const RuleStatus& status);
std::ostream& operator<<(std::ostream& out, const RuleFiring& firing);

}  // namespace closelab
