#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "closelab/close_mode.h"
#include "closelab/options.h"
#include "closelab/persistence.h"

namespace closelab::server {

/// Where a connection is in its life.
enum class Stage : std::uint8_t {
  idle,         ///< nothing of a request has been read
  empty_lines,  ///< nothing but empty lines before a request has been read
  head,         ///< a request's head is being read
  body,         ///< its body is being read
  answering,    ///< it is complete, and its answer is owed
  finishing,    ///< why it ends is known: what is queued is handed to the kernel, and nothing more is read
  ending,       ///< the steps of its close mode are under way; net/teardown has a table for them
};
constexpr std::size_t stages = 7;

/// What a connection waits for. In a pause, `delay` and after, it neither reads nor writes.
enum class Wait : std::uint8_t {
  none,
  request,      ///< the next request, up to idle_timeout or a rule at `idle`
  head,         ///< the rest of a head, up to header_timeout
  body,         ///< the rest of a body, up to body_timeout
  answer,       ///< the handler, or its answer's `delay`
  client,       ///< the client to take what is queued, up to write_timeout
  delay,        ///< a rule's delay, or the pace of `slow`
  stall,        ///< a rule's stall
  acknowledge,  ///< the client to acknowledge everything, because an RST is to follow
  hold,         ///< Server::hold_close()
  stream,       ///< something to be written to the answer's BodyStream
};
constexpr std::size_t waits = 11;
constexpr bool is_pause(Wait wait) { return wait >= Wait::delay; }

/// What happens to a connection.
enum class Event : std::uint8_t {
  // What it reads.
  first_byte,        ///< of what may be a request
  request_begins,    ///< the first byte that is not an empty line's
  head_complete,     ///< and a body follows
  request_complete,  ///< to its last byte
  request_refused,   ///< malformed, or over a limit
  out_of_input,      ///< everything that has come is read
  // What it writes.
  answered,           ///< the answer is queued, or the rest of a request that was answered early has been dropped, and
                      ///< the connection persists
  answered_last,      ///< the answer is queued, and http/persistence says close
  blocked,            ///< the kernel takes no more for now
  starved,            ///< everything that was written to the BodyStream is sent
  flushed,            ///< the last byte of the last answer is with the kernel
  answer_incomplete,  ///< its source failed
  // What the client does.
  received_fin,     ///< recv() returned 0
  noticed_fin,      ///< its FIN shows in the connection's state while nothing is read
  client_reset,     ///< ECONNRESET or EPIPE
  connection_lost,  ///< any other error
  // What time does.
  idle_timeout,
  header_timeout,
  body_timeout,
  write_timeout,
  pause_over,  ///< what a pause waits for has come
  // What rules do.
  rule_waits,
  rule_closes,
  // What the server does.
  no_room,     ///< max_connections are open
  no_memory,   ///< held_bytes are held, and more is to come
  close_idle,  ///< Server::close_idle()
  drained,     ///< Server::drain(): it has been idle for too long
  close,       ///< Server::close()
  stop,        ///< Server::stop(): what is under way is finished
  stop_now,    ///< its grace time is over
};
constexpr std::size_t events = 30;

/// What decides between two rows of the table, beside stage and event.
struct Circumstances {
  ClientHalfClose client_half_close = ClientHalfClose::answer;
  Switch timeout_response = Switch::on;
  enum class Server : std::uint8_t { running, stopping } server = Server::running;
  enum class Output : std::uint8_t { flushed, pending } output = Output::flushed;
  /// To the request whose body is being read; it may have been answered early.
  enum class Answer : std::uint8_t { owed, given } answer = Answer::owed;
  enum class ClientFin : std::uint8_t { not_seen, received } client_fin = ClientFin::not_seen;
  /// Server::hold_close(), which the server's stop and its commands override.
  enum class Closing : std::uint8_t { free, held } closing = Closing::free;
};

/// How a connection comes to its end.
enum class Ending : std::uint8_t {
  refuse,     ///< `status` is answered, then as `flush`
  flush,      ///< what is queued is handed to the kernel, then as `tear_down`
  tear_down,  ///< the close mode decides what our side does
  cut,        ///< what has not been sent stays unsent and what has not been read is not served, then as `tear_down`
  break_off,  ///< net/teardown is told what happened, whatever it was doing
  hurry,      ///< the steps of the close mode end as soon as the client has acknowledged everything
};

/// What the connection does next.
struct Step {
  enum class Kind : std::uint8_t { go_on, wait, end };
  Kind kind = Kind::go_on;
  /// With `wait`; Wait::none is what the rule says.
  Wait wait = Wait::none;
  /// How long a rule's wait is; unset: without a bound.
  std::optional<std::chrono::milliseconds> duration{};
  /// With `end`.
  Ending ending = Ending::flush;
  /// `none` is what has been decided before, or is said by whoever asks for the end.
  CloseReason reason = CloseReason::none;
  /// Unset is the connection's. `abortive` stays what it is.
  std::optional<CloseMode> mode{};
  /// With `refuse`; 0 is the parser's.
  int status = 0;

  friend bool operator==(const Step&, const Step&) = default;
};

struct LifeState {
  Stage stage = Stage::idle;
  /// Wait::none, or the pause that it is in.
  Wait pause = Wait::none;

  friend bool operator==(const LifeState&, const LifeState&) = default;
};

struct Transition {
  Stage stage = Stage::idle;
  Step step{};

  friend bool operator==(const Transition&, const Transition&) = default;
};

/// What the event leads to. A pause is over after `go_on` and `end`. Empty for an event that can't happen in that
/// state, which is a defect of the caller.
std::optional<Transition> next_step(LifeState state, Event event, const Circumstances& circumstances = {});
/// The same for a server that does not stop, where no other circumstances decide, as with most events of a request: one
/// look into a table. Null where they may, in a pause, and for an event that can't happen.
const Transition* certain_step(LifeState state, Event event);

std::string_view to_string(Stage stage);
std::string_view to_string(Wait wait);
std::string_view to_string(Event event);
std::string_view to_string(Ending ending);

/// The whole table as docs/lifecycle.md holds it: every state with every event, and what decides where something does.
std::string lifecycle_table();

}  // namespace closelab::server
