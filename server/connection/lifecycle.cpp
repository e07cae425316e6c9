#include "server/connection/lifecycle.h"

#include <array>

namespace closelab::server {
// Names as short as these are the table's alone.
namespace lifecycle {
namespace {

using C = Circumstances;
using enum Event;
using enum Ending;

/// What a row depends on.
enum class When : std::uint8_t { always, fin_aborts, timeouts_silent, stopping, unsent, fin_received, held, early };

constexpr bool applies(When when, const Circumstances& c) {
  switch (when) {
    case When::always:
      return true;
    case When::fin_aborts:
      return c.client_half_close == ClientHalfClose::abort;
    case When::timeouts_silent:
      return c.timeout_response == Switch::off;
    case When::stopping:
      return c.server == C::Server::stopping;
    case When::unsent:
      return c.output == C::Output::pending;
    case When::fin_received:
      return c.client_fin == C::ClientFin::received;
    case When::held:
      return c.closing == C::Closing::held;
    case When::early:
      return c.answer == C::Answer::given;
  }
  return false;
}

constexpr std::array<std::string_view, 8> when_texts{"",
                                                     "client_half_close is abort",
                                                     "timeout_response is off",
                                                     "the server stops",
                                                     "something is unsent",
                                                     "its FIN was received",
                                                     "closing is held",
                                                     "it was answered early"};

constexpr Step go_on{};
constexpr Step wait_for(Wait what) { return {.kind = Step::Kind::wait, .wait = what}; }
constexpr Step end(Ending how, CloseReason reason, std::optional<CloseMode> mode = {}) {
  return {.kind = Step::Kind::end, .ending = how, .reason = reason, .mode = mode};
}
constexpr Step refuse_with(int status, CloseReason reason) {
  return {.kind = Step::Kind::end, .ending = refuse, .reason = reason, .status = status};
}

/// The reason that was decided before, or comes with the event.
constexpr CloseReason given = CloseReason::none;

/// A set of stages.
using Stages = std::uint8_t;
constexpr Stages in(std::initializer_list<Stage> list) {
  Stages set = 0;
  for (const Stage stage : list) set = static_cast<Stages>(set | 1U << static_cast<unsigned>(stage));
  return set;
}
constexpr bool holds(Stages set, Stage stage) { return (set >> static_cast<unsigned>(stage) & 1U) != 0; }

constexpr Stages idle = in({Stage::idle, Stage::empty_lines});
constexpr Stages head = in({Stage::head});
constexpr Stages body = in({Stage::body});
constexpr Stages receiving = in({Stage::head, Stage::body});
constexpr Stages answering = in({Stage::answering});
constexpr Stages finishing = in({Stage::finishing});
constexpr Stages ending = in({Stage::ending});
/// Why it ends has not been decided yet.
constexpr Stages undecided = idle | receiving | answering;
constexpr Stages alive = undecided | finishing;

struct Row {
  Stages from;
  Event event;
  When when;
  /// Empty: the stage stays.
  std::optional<Stage> to;
  Step step;
};

constexpr std::nullopt_t same = std::nullopt;

/// Every transition of a connection that is not in a pause. The first row that applies counts.
constexpr std::array table{
    // Reading. What arrives after the request that ends the connection is not read (RFC 9112 §9.6).
    Row{in({Stage::idle}), first_byte, When::always, Stage::empty_lines, go_on},
    Row{in({Stage::empty_lines}), request_begins, When::always, Stage::head, go_on},
    Row{head, head_complete, When::always, Stage::body, go_on},
    Row{receiving, request_complete, When::always, Stage::answering, go_on},
    // A request that was answered early gets no second answer.
    Row{body, request_refused, When::early, Stage::finishing, end(flush, CloseReason::protocol_error)},
    Row{in({Stage::empty_lines, Stage::head, Stage::body}), request_refused, When::always, Stage::finishing,
        refuse_with(0, CloseReason::protocol_error)},
    // A request may have crossed the decision to stop, so what is there is read first.
    Row{idle, out_of_input, When::stopping, Stage::finishing,
        end(flush, CloseReason::server_stop, CloseMode::immediate)},
    Row{idle, out_of_input, When::always, same, wait_for(Wait::request)},
    Row{head, out_of_input, When::always, same, wait_for(Wait::head)},
    Row{body, out_of_input, When::always, same, wait_for(Wait::body)},
    Row{answering, out_of_input, When::always, same, wait_for(Wait::answer)},

    // Writing.
    Row{answering, answered, When::always, Stage::idle, go_on},
    Row{answering, answered_last, When::always, Stage::finishing, end(flush, given)},
    // Early: the rest of the body is read and dropped, or the end of the connection takes its place (RFC 9112 §9.3).
    Row{body, answered, When::always, same, go_on},
    Row{body, answered_last, When::always, Stage::finishing, end(flush, given)},
    Row{alive, blocked, When::always, same, wait_for(Wait::client)},
    Row{alive, starved, When::always, same, wait_for(Wait::stream)},
    Row{finishing, flushed, When::held, same, wait_for(Wait::hold)},
    Row{finishing, flushed, When::always, Stage::ending, end(tear_down, given)},
    Row{alive, answer_incomplete, When::always, Stage::ending, end(break_off, CloseReason::handler_error)},

    // The client's FIN ends what it sends, not its interest in the answer (RFC 9112 §9.6).
    Row{idle, received_fin, When::always, Stage::finishing, end(flush, CloseReason::peer_closed)},
    Row{body, received_fin, When::early, Stage::finishing, end(flush, CloseReason::peer_closed)},
    Row{receiving, received_fin, When::fin_aborts, Stage::finishing, end(cut, CloseReason::peer_closed)},
    Row{receiving, received_fin, When::always, Stage::finishing, refuse_with(400, CloseReason::peer_closed)},
    Row{answering, noticed_fin, When::fin_aborts, Stage::finishing, end(cut, CloseReason::peer_closed)},
    Row{answering, noticed_fin, When::always, same, wait_for(Wait::answer)},
    // Before the last answer is out, an error is why it ends, whatever was to end it afterwards.
    Row{undecided, client_reset, When::always, Stage::ending, end(break_off, CloseReason::peer_reset)},
    Row{undecided, connection_lost, When::always, Stage::ending, end(break_off, CloseReason::tcp_timeout)},
    Row{finishing, client_reset, When::fin_received, Stage::ending, end(break_off, given)},
    Row{finishing, connection_lost, When::fin_received, Stage::ending, end(break_off, given)},
    Row{finishing, client_reset, When::always, Stage::ending, end(break_off, CloseReason::peer_reset)},
    Row{finishing, connection_lost, When::always, Stage::ending, end(break_off, CloseReason::tcp_timeout)},
    Row{ending, client_reset, When::always, same, end(break_off, given)},
    Row{ending, connection_lost, When::always, same, end(break_off, given)},

    // Time. A request that is late is answered, unless that is switched off; nobody waits for an answer while idle.
    Row{idle, idle_timeout, When::always, Stage::finishing, end(flush, CloseReason::idle_timeout)},
    Row{head, header_timeout, When::timeouts_silent, Stage::finishing, end(cut, CloseReason::header_timeout)},
    Row{head, header_timeout, When::always, Stage::finishing, refuse_with(408, CloseReason::header_timeout)},
    Row{body, body_timeout, When::early, Stage::finishing, end(flush, CloseReason::body_timeout)},
    Row{body, body_timeout, When::timeouts_silent, Stage::finishing, end(cut, CloseReason::body_timeout)},
    Row{body, body_timeout, When::always, Stage::finishing, refuse_with(408, CloseReason::body_timeout)},
    Row{alive, write_timeout, When::always, Stage::ending, end(break_off, CloseReason::write_timeout)},

    Row{alive, rule_waits, When::always, same, wait_for(Wait::none)},
    Row{alive, rule_closes, When::always, Stage::finishing, end(cut, CloseReason::rule)},

    // The server. Nothing is in flight on an idle connection, so there is nothing to linger for when it stops.
    Row{in({Stage::idle}), no_room, When::always, Stage::finishing, refuse_with(503, CloseReason::connection_limit)},
    Row{receiving, no_memory, When::always, Stage::finishing, refuse_with(503, CloseReason::memory_limit)},
    Row{idle, close_idle, When::unsent, same, go_on},
    Row{idle, close_idle, When::always, Stage::finishing, end(flush, CloseReason::command)},
    Row{receiving | answering | finishing | ending, close_idle, When::always, same, go_on},
    Row{idle, drained, When::always, Stage::finishing, end(flush, CloseReason::drain)},
    Row{alive, close, When::always, Stage::finishing, end(cut, CloseReason::command)},
    Row{ending, close, When::always, same, end(break_off, given)},
    Row{alive, stop, When::always, same, go_on},
    Row{ending, stop, When::always, same, end(hurry, given)},
    Row{idle, stop_now, When::unsent, Stage::ending, end(break_off, CloseReason::server_stop)},
    Row{idle, stop_now, When::always, Stage::finishing, end(flush, CloseReason::server_stop, CloseMode::immediate)},
    Row{receiving | answering, stop_now, When::always, Stage::ending, end(break_off, CloseReason::server_stop)},
    Row{finishing | ending, stop_now, When::always, Stage::ending, end(break_off, given)},
};

/// Where the rows of a stage and event begin; the table's size when there is none.
constexpr auto first_rows = [] {
  std::array<std::array<std::uint8_t, events>, stages> first{};
  for (std::size_t stage = 0; stage < stages; ++stage) {
    for (std::size_t event = 0; event < events; ++event) {
      std::size_t i = 0;
      while (i < table.size() &&
             !(holds(table[i].from, static_cast<Stage>(stage)) && table[i].event == static_cast<Event>(event))) {
        ++i;
      }
      first[stage][event] = static_cast<std::uint8_t>(i);
    }
  }
  return first;
}();

/// What is certain while the server runs, by stage and event.
constexpr auto certain = [] {
  std::array<std::array<std::optional<Transition>, events>, stages> steps{};
  for (std::size_t stage = 0; stage < stages; ++stage) {
    for (std::size_t event = 0; event < events; ++event) {
      const auto is_for = [&](const Row& row) {
        return holds(row.from, static_cast<Stage>(stage)) && row.event == static_cast<Event>(event);
      };
      std::size_t i = first_rows[stage][event];
      while (i < table.size() && (table[i].when == When::stopping || !is_for(table[i]))) ++i;
      if (i == table.size() || table[i].when != When::always) continue;
      steps[stage][event] = Transition{table[i].to.value_or(static_cast<Stage>(stage)), table[i].step};
    }
  }
  return steps;
}();

struct PauseRow {
  Wait pause;
  Event event;
  When when;
  std::optional<Stage> to;
  Step step;
};

/// Every transition of a connection in a pause, at whatever stage, but for what a pause does not keep away. A stall is
/// there for the client to give up; a fault that was asked for must not hold up a server that stops.
constexpr std::array pause_table{
    PauseRow{Wait::delay, pause_over, When::always, same, go_on},
    PauseRow{Wait::delay, noticed_fin, When::fin_aborts, Stage::finishing, end(cut, CloseReason::peer_closed)},
    PauseRow{Wait::delay, noticed_fin, When::always, same, wait_for(Wait::delay)},
    PauseRow{Wait::delay, stop, When::always, same, go_on},
    PauseRow{Wait::delay, close_idle, When::always, same, wait_for(Wait::delay)},

    PauseRow{Wait::stall, noticed_fin, When::always, Stage::finishing, end(cut, CloseReason::peer_closed)},
    PauseRow{Wait::stall, stop, When::always, Stage::finishing,
             end(cut, CloseReason::server_stop, CloseMode::immediate)},
    PauseRow{Wait::stall, close_idle, When::always, same, wait_for(Wait::stall)},

    PauseRow{Wait::acknowledge, pause_over, When::always, Stage::finishing, end(cut, CloseReason::rule)},
    PauseRow{Wait::acknowledge, noticed_fin, When::always, same, wait_for(Wait::acknowledge)},
    PauseRow{Wait::acknowledge, stop, When::always, same, wait_for(Wait::acknowledge)},
    PauseRow{Wait::acknowledge, close_idle, When::always, same, wait_for(Wait::acknowledge)},

    PauseRow{Wait::hold, pause_over, When::always, same, go_on},
    PauseRow{Wait::hold, noticed_fin, When::always, same, wait_for(Wait::hold)},
    PauseRow{Wait::hold, stop, When::always, same, go_on},
    PauseRow{Wait::hold, close_idle, When::always, same, wait_for(Wait::hold)},

    PauseRow{Wait::stream, pause_over, When::always, same, go_on},
    PauseRow{Wait::stream, noticed_fin, When::fin_aborts, Stage::finishing, end(cut, CloseReason::peer_closed)},
    PauseRow{Wait::stream, noticed_fin, When::always, same, wait_for(Wait::stream)},
    PauseRow{Wait::stream, stop, When::always, same, wait_for(Wait::stream)},
    PauseRow{Wait::stream, close_idle, When::always, same, wait_for(Wait::stream)},
};

/// What acts on a connection in a pause as on any other.
constexpr bool ends_a_pause(Event event) {
  return event == client_reset || event == connection_lost || event == close || event == stop_now;
}

constexpr std::array<std::string_view, stages> stage_names{"idle",      "empty_lines", "head",  "body",
                                                           "answering", "finishing",   "ending"};
constexpr std::array<std::string_view, waits> wait_names{"none",  "request", "head",        "body", "answer", "client",
                                                         "delay", "stall",   "acknowledge", "hold", "stream"};
constexpr std::array<std::string_view, events> event_names{"first_byte",
                                                           "request_begins",
                                                           "head_complete",
                                                           "request_complete",
                                                           "request_refused",
                                                           "out_of_input",
                                                           "answered",
                                                           "answered_last",
                                                           "blocked",
                                                           "starved",
                                                           "flushed",
                                                           "answer_incomplete",
                                                           "received_fin",
                                                           "noticed_fin",
                                                           "client_reset",
                                                           "connection_lost",
                                                           "idle_timeout",
                                                           "header_timeout",
                                                           "body_timeout",
                                                           "write_timeout",
                                                           "pause_over",
                                                           "rule_waits",
                                                           "rule_closes",
                                                           "no_room",
                                                           "no_memory",
                                                           "close_idle",
                                                           "drained",
                                                           "close",
                                                           "stop",
                                                           "stop_now"};
constexpr std::array<std::string_view, 6> ending_names{"refuse", "flush", "tear_down", "cut", "break_off", "hurry"};

std::string describe(const Step& step) {
  if (step.kind == Step::Kind::go_on) return "go on";
  if (step.kind == Step::Kind::wait)
    return "wait for " + std::string(step.wait == Wait::none ? "what the rule says" : to_string(step.wait));
  std::string text = "end: " + std::string(to_string(step.ending));
  if (step.status != 0) text += ' ' + std::to_string(step.status);
  if (step.reason != CloseReason::none) text += ", " + std::string(to_string(step.reason));
  if (step.mode) text += ", " + std::string(to_string(*step.mode));
  return text;
}

std::string line(std::string_view state, Event event, When when, std::optional<Stage> to, const Step& step) {
  return "| " + std::string(state) + " | " + std::string(to_string(event)) + " | " +
         std::string(when_texts[static_cast<std::size_t>(when)]) + " | " + describe(step) + " | " +
         std::string(to ? to_string(*to) : "") + " |\n";
}

/// The events that can't happen in that state.
std::string line_of_impossible(std::string_view name, LifeState state) {
  std::string list;
  for (std::size_t i = 0; i < events; ++i) {
    const auto event = static_cast<Event>(i);
    if (!next_step(state, event)) list += (list.empty() ? "" : ", ") + std::string(to_string(event));
  }
  return "| " + std::string(name) + " | " + list + " | | can't happen | |\n";
}

}  // namespace
}  // namespace lifecycle

std::optional<Transition> next_step(LifeState state, Event event, const Circumstances& circumstances) {
  using namespace lifecycle;
  if (state.pause != Wait::none && !ends_a_pause(event)) {
    for (const PauseRow& row : pause_table) {
      if (row.pause == state.pause && row.event == event && applies(row.when, circumstances)) {
        return Transition{row.to.value_or(state.stage), row.step};
      }
    }
    return std::nullopt;
  }
  const std::size_t first = first_rows[static_cast<std::size_t>(state.stage)][static_cast<std::size_t>(event)];
  for (std::size_t i = first; i < table.size(); ++i) {
    const Row& row = table[i];
    if (row.event == event && holds(row.from, state.stage) && applies(row.when, circumstances)) {
      return Transition{row.to.value_or(state.stage), row.step};
    }
  }
  return std::nullopt;
}

const Transition* certain_step(LifeState state, Event event) {
  if (state.pause != Wait::none) return nullptr;
  const auto& step = lifecycle::certain[static_cast<std::size_t>(state.stage)][static_cast<std::size_t>(event)];
  return step ? &*step : nullptr;
}

std::string_view to_string(Stage stage) { return lifecycle::stage_names[static_cast<std::size_t>(stage)]; }
std::string_view to_string(Wait wait) { return lifecycle::wait_names[static_cast<std::size_t>(wait)]; }
std::string_view to_string(Event event) { return lifecycle::event_names[static_cast<std::size_t>(event)]; }
std::string_view to_string(Ending ending) { return lifecycle::ending_names[static_cast<std::size_t>(ending)]; }

std::string lifecycle_table() {
  using namespace lifecycle;
  std::string text = "| state | event | when | then | stage |\n|--|--|--|--|--|\n";
  for (std::size_t i = 0; i < stages; ++i) {
    const auto stage = static_cast<Stage>(i);
    for (const Row& row : table) {
      if (holds(row.from, stage)) text += line(to_string(stage), row.event, row.when, row.to, row.step);
    }
    text += line_of_impossible(to_string(stage), {stage});
  }
  for (std::size_t i = static_cast<std::size_t>(Wait::delay); i < waits; ++i) {
    const auto pause = static_cast<Wait>(i);
    const std::string name = "pause: " + std::string(to_string(pause));
    for (const PauseRow& row : pause_table) {
      if (row.pause == pause) text += line(name, row.event, row.when, row.to, row.step);
    }
    text += line_of_impossible(name, {Stage::body, pause});
  }
  return text;
}

}  // namespace closelab::server
