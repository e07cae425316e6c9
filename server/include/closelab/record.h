#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "closelab/close_mode.h"
#include "closelab/endpoint.h"
#include "closelab/evidence.h"
#include "closelab/message.h"
#include "closelab/persistence.h"
#include "closelab/process.h"
#include "closelab/rule.h"
#include "closelab/verdict.h"

namespace closelab {

/// Whether a client may send a request again (RFC 9112 §9.3.1); docs/outcomes.md has all cases.
enum class Retry : std::uint8_t {
  not_needed,     ///< it got a complete response
  safe,           ///< it got none, or may have got none, and no handler has seen it
  if_idempotent,  ///< the same, and a handler has seen it
};

/// Who has seen a request.
enum class SeenBy : std::uint8_t {
  nobody,   ///< its bytes came, or part of them
  server,   ///< the library has answered it itself: it was refused, or no route is for it
  handler,  ///< a handler has it, or has had it
};

std::string_view to_string(Retry retry);
std::string_view to_string(SeenBy seen_by);

/// One request and its answer. Times count from the connection's accept().
struct RequestRecord {
  std::uint64_t connection_id = 0;
  /// Counted from 1 on its connection.
  std::uint64_t number = 0;
  std::string method;
  /// At most 128 bytes of the target.
  std::string target;
  /// As the request line said it: a request for HTTP/3.7 is refused, and is a request for HTTP/3.7.
  VersionNumber version{{'1', '1'}};
  /// 0 when it was never answered.
  int status = 0;
  /// What was decided about the connection when the response was written; `keep` when none was. An answer that has no
  /// end (`answered_at`) was the connection's last, whatever was decided.
  Persistence persistence;
  /// Its field lines, `Name: value` and CRLF each: from the first one, as many as Options::fields_kept has room for.
  /// Null when there are none; copies of the record share them.
  std::shared_ptr<const std::string> fields{};
  /// Field lines that are not among them.
  std::size_t fields_left_out = 0;
  /// When its head was complete.
  std::chrono::nanoseconds received_at{};
  /// When the last byte of its body had been read; 0 if that never happened, or it has none.
  std::chrono::nanoseconds body_received_at{};
  /// When the server sent a 100 (Continue) of its own accord; 0 if it did not. Those of rules are in `rules_fired`.
  std::chrono::nanoseconds continued_at{};
  /// When its response was handed to the kernel to the last byte, looked at just before that; 0 if it never happened.
  std::chrono::nanoseconds answered_at{};
  std::uint64_t request_body_bytes = 0;
  std::uint64_t response_body_bytes = 0;
  SeenBy seen_by = SeenBy::nobody;
  /// Where its answer ends among all bytes of its connection that were handed to the kernel, as far as it was.
  std::uint64_t answer_end = 0;
  /// By a rule: its head promises more than comes, or bytes that no handler said stand in its middle. No client has it
  /// whole as it was meant.
  bool answer_spoiled = false;
  /// Whether the client may send it again; final when the connection has settled.
  Retry retry = Retry::not_needed;
  /// How `retry` is known.
  Source retry_source = Source::inferred;
  /// The client's kernel has the answer, or may have it, but an RST may keep its program from reading it: one of ours
  /// that came while the client was still sending, or one after an answer that was not acknowledged.
  bool answer_may_be_unread = false;

  /// Those of `fields`; the views are valid as long as these are.
  std::vector<FieldView> field_views() const;
};

/// What the kernel tells of the client's end of a connection from this machine.
struct LocalClient {
  /// Whose socket it is.
  std::uint32_t uid = 0;
  /// Those that have a descriptor of it; several when one has inherited it. Empty where the kernel does not show them
  /// (proc(5): /proc/PID/fd).
  std::vector<Process> processes{};
  /// When the keepalive timer (SO_KEEPALIVE) of the client's socket was due, looked at with the first request and its
  /// answer; unset: none was seen to run.
  std::optional<std::chrono::milliseconds> keepalive{};
};

/// Where a connection is in its life.
enum class Phase : std::uint8_t {
  idle,     ///< open and waiting for a request
  active,   ///< a request is being received or answered
  closing,  ///< our teardown is under way, or the kernel's state is still transitional
  settled,  ///< closed, and the verdict is final
};

std::string_view to_string(Phase phase);

/// The story of one connection.
struct ConnectionRecord {
  /// Counted from 1 in the order of accept().
  std::uint64_t id = 0;
  Phase phase = Phase::idle;
  Endpoint server;
  Endpoint client;
  /// Known of a client on this machine and in this network namespace, with Options::local_clients, and when our FIN is
  /// out and the client has not closed.
  std::optional<LocalClient> local_client{};
  std::chrono::system_clock::time_point accepted_at{};
  /// Requests whose head arrived, complete or refused.
  std::uint64_t request_count = 0;
  /// The last `requests_kept` of them (Options) whose answers were begun or given up, oldest first. Who has read the
  /// whole answer finds its request here.
  std::vector<RequestRecord> requests;
  /// Why the last request was refused, in words: `a TLS handshake, but this port speaks plain HTTP: ...`. Empty when it
  /// was not.
  std::string refusal{};
  CloseReason close_reason = CloseReason::none;
  CloseMode close_mode = CloseMode::lingering;
  /// The worst of its requests'.
  Retry retry = Retry::not_needed;
  Source retry_source = Source::syscall;
  /// Rules that acted on it, the last `requests_kept` of them.
  std::vector<RuleFiring> rules_fired{};
  Verdict verdict;
  /// What the verdict rests on, in the order it was observed; of an open connection, what is known so far.
  std::vector<Evidence> evidence;
};

/// The ladder, in 80 columns: what passed between client and server, and what is known of either end, in the order in
/// which it happened, with how each is known. Ends with a newline; times in milliseconds since accept().
std::string ladder(const ConnectionRecord& record);

/// The verdict as a sentence, with the reason: `connection 3: the server closed first, by FIN, because ...`. Of an open
/// connection, how far it has come: `connection 3: closing: our FIN is out, the client has not closed; 1 request`.
std::string describe(const ConnectionRecord& record);

/// The description and the ladder, so that a failed assertion tells the story.
std::ostream& operator<<(std::ostream& out, const ConnectionRecord& record);
/// `request 1 of connection 3: GET / HTTP/1.1, answered 200 with 412 bytes; keep`.
std::ostream& operator<<(std::ostream& out, const RequestRecord& record);
std::ostream& operator<<(std::ostream& out, Phase phase);
std::ostream& operator<<(std::ostream& out, Retry retry);
std::ostream& operator<<(std::ostream& out, SeenBy seen_by);

}  // namespace closelab
