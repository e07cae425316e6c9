#include "net/teardown/teardown_machine.h"

#include <doctest/doctest.h>

#include <array>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace closelab::net {
namespace {

using Mode = CloseMode;
using Phase = TeardownPhase;
using Event = TeardownEvent;
using Action = TeardownAction;

constexpr std::array modes{Mode::lingering, Mode::immediate, Mode::abortive, Mode::delayed,
                           Mode::half,      Mode::deferred,  Mode::never};
constexpr std::array phases{Phase::flushing, Phase::half_closed, Phase::draining, Phase::paused,
                            Phase::withheld, Phase::leaked,      Phase::closed};
constexpr std::array events{Event::flushed,       Event::received_fin,   Event::failed,
                            Event::time_exceeded, Event::bytes_exceeded, Event::stopped};

/// `draining/send_fin`; `-` for a transition that must not occur.
std::string step_text(Mode mode, Phase phase, Event event) {
  const auto step = next_step(mode, phase, event);
  if (!step) return "-";
  return std::string(to_string(step->phase)) + '/' + std::string(to_string(step->action));
}

TEST_CASE("the whole machine: mode x phase x event") {
  struct Row {
    Mode mode;
    Phase phase;
    std::array<std::string_view, 6> steps;  // in the order of `events`
  };
  constexpr std::string_view close = "closed/close";
  constexpr std::string_view abort = "closed/abort";
  constexpr std::string_view half = "half_closed/none";
  constexpr std::string_view drain = "draining/send_fin";
  constexpr std::string_view withhold = "withheld/withhold_fin";
  //                                       flushed           received_fin      failed time   bytes  stopped
  constexpr std::array<std::string_view, 6> half_closed{close, "-", close, abort, "-", abort};
  constexpr std::array<std::string_view, 6> draining{"-", close, close, close, close, close};
  constexpr std::array<std::string_view, 6> paused{"-", "-", "-", close, "-", close};
  constexpr std::array<std::string_view, 6> withheld{"-", close, close, drain, drain, close};
  constexpr std::array<std::string_view, 6> leaked{"-", "-", "-", "-", "-", close};
  constexpr std::array<std::string_view, 6> closed{"-", "-", "-", "-", "-", "-"};
  std::vector<Row> rows{
      {Mode::lingering, Phase::flushing, {drain, half, close, abort, "-", abort}},
      {Mode::immediate, Phase::flushing, {close, half, close, abort, "-", abort}},
      {Mode::abortive, Phase::flushing, {abort, half, close, abort, "-", abort}},
      {Mode::delayed, Phase::flushing, {"paused/send_fin", half, close, abort, "-", abort}},
      {Mode::half, Phase::flushing, {drain, half, close, abort, "-", abort}},
      {Mode::deferred, Phase::flushing, {withhold, half, close, abort, "-", abort}},
      {Mode::never, Phase::flushing, {withhold, half, close, abort, "-", abort}},
      {Mode::abortive, Phase::half_closed, {abort, "-", close, abort, "-", abort}},
      {Mode::never, Phase::half_closed, {"leaked/withhold_fin", "-", close, abort, "-", abort}},
      {Mode::never, Phase::withheld, {"-", "leaked/none", close, drain, drain, close}},
  };
  for (const Mode mode : modes) {
    if (mode != Mode::abortive && mode != Mode::never) rows.push_back({mode, Phase::half_closed, half_closed});
    const auto add = [&](Phase phase, std::array<std::string_view, 6> steps) {
      // A command may change the mode of a teardown that is under way.
      if (mode == Mode::abortive) steps.back() = abort;
      rows.push_back({mode, phase, steps});
    };
    if (mode != Mode::never) add(Phase::withheld, withheld);
    add(Phase::draining, draining);
    add(Phase::paused, paused);
    add(Phase::leaked, leaked);
    rows.push_back({mode, Phase::closed, closed});
  }
  CHECK(std::size(rows) == modes.size() * phases.size());
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < events.size(); ++i) {
      CAPTURE(to_string(row.mode));
      CAPTURE(to_string(row.phase));
      CAPTURE(to_string(events[i]));
      CHECK(step_text(row.mode, row.phase, events[i]) == row.steps[i]);
    }
  }
}

/// Visits every state that `mode` can reach from `phase`, and calls `each(phase, event, step)` for its transitions.
template <class Each>
void walk(Mode mode, Phase phase, std::set<Phase>& seen, const Each& each) {
  if (!seen.insert(phase).second) return;
  for (const Event event : events) {
    if (const auto step = next_step(mode, phase, event)) {
      each(phase, event, *step);
      walk(mode, step->phase, seen, each);
    }
  }
}

TEST_CASE("a response that can't be completed ends in an RST, whatever the mode") {
  for (const Mode mode : modes) {
    CAPTURE(std::string(to_string(mode)));
    for (const Phase phase : phases) {
      const bool responding = phase == Phase::flushing || phase == Phase::half_closed;
      CHECK(step_text(mode, phase, Event::incomplete) == (responding ? "closed/abort" : "-"));
    }
  }
}

TEST_CASE("a FIN follows `flushed`, never anything else") {
  for (const Mode mode : modes) {
    std::set<Phase> seen;
    walk(mode, Phase::flushing, seen, [&](Phase phase, Event event, TeardownStep step) {
      CAPTURE(to_string(mode));
      CAPTURE(to_string(phase));
      CAPTURE(to_string(event));
      const bool before_flushed = phase == Phase::flushing || phase == Phase::half_closed;
      if (!before_flushed || event == Event::flushed) return;
      CHECK(step.action != Action::send_fin);
      CHECK(step.action != Action::withhold_fin);
      // A close() would send a FIN, unless the connection is over anyway.
      if (event != Event::failed) CHECK(step.action != Action::close);
    });
  }
}

TEST_CASE("every end closes the descriptor once, and closed absorbs") {
  for (const Mode mode : modes) {
    std::set<Phase> seen;
    walk(mode, Phase::flushing, seen, [&](Phase phase, Event, TeardownStep step) {
      CHECK(phase != Phase::closed);
      const bool closes = step.action == Action::close || step.action == Action::abort;
      CHECK(closes == (step.phase == Phase::closed));
    });
    CHECK(seen.contains(Phase::closed));
    const bool withholds = mode == Mode::deferred || mode == Mode::never;
    CHECK(seen.contains(Phase::draining) == (mode == Mode::lingering || mode == Mode::half || withholds));
    CHECK(seen.contains(Phase::paused) == (mode == Mode::delayed));
    CHECK(seen.contains(Phase::withheld) == withholds);
    CHECK(seen.contains(Phase::leaked) == (mode == Mode::never));
  }
}

TEST_CASE("the names of the machine's parts are all different") {
  std::set<std::string_view> names;
  for (const Phase phase : phases) names.insert(to_string(phase));
  for (const Event event : events) names.insert(to_string(event));
  for (const Action action : {Action::none, Action::withhold_fin, Action::send_fin, Action::close, Action::abort})
    names.insert(to_string(action));
  CHECK(names.size() == phases.size() + events.size() + 5);
}

}  // namespace
}  // namespace closelab::net
