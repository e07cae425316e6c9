#include "net/teardown/teardown_machine.h"

#include <array>

namespace closelab::net {
namespace {

using Mode = CloseMode;
using Phase = TeardownPhase;
using Event = TeardownEvent;
using Action = TeardownAction;

struct Row {
  std::optional<Mode> mode;  // empty: every mode
  Phase phase;
  Event event;
  TeardownStep step;
};

constexpr std::optional<Mode> any = std::nullopt;

/// Every transition. The first row that matches counts, so a mode's own rows stand before the common ones.
///
/// A FIN says "this was all", so it only ever follows `flushed`; a response that could not be flushed
/// ends in an RST, which no client can mistake for its end (RFC 9112 §9.6 and §8).
constexpr std::array table{
    // Nothing more is to be sent: the mode decides what our FIN does.
    Row{Mode::lingering, Phase::flushing, Event::flushed, {Phase::draining, Action::send_fin}},
    Row{Mode::immediate, Phase::flushing, Event::flushed, {Phase::closed, Action::close}},
    Row{Mode::abortive, Phase::flushing, Event::flushed, {Phase::closed, Action::abort}},
    Row{Mode::delayed, Phase::flushing, Event::flushed, {Phase::paused, Action::send_fin}},
    Row{Mode::half, Phase::flushing, Event::flushed, {Phase::draining, Action::send_fin}},
    Row{Mode::deferred, Phase::flushing, Event::flushed, {Phase::withheld, Action::withhold_fin}},
    Row{Mode::never, Phase::flushing, Event::flushed, {Phase::withheld, Action::withhold_fin}},

    // The client's FIN was first: nothing more can come, so there is nothing to drain or to wait for.
    Row{any, Phase::flushing, Event::received_fin, {Phase::half_closed, Action::none}},
    Row{Mode::abortive, Phase::half_closed, Event::flushed, {Phase::closed, Action::abort}},
    Row{Mode::never, Phase::half_closed, Event::flushed, {Phase::leaked, Action::withhold_fin}},
    Row{any, Phase::half_closed, Event::flushed, {Phase::closed, Action::close}},

    // Told to end at once, by RST.
    Row{Mode::abortive, Phase::draining, Event::stopped, {Phase::closed, Action::abort}},
    Row{Mode::abortive, Phase::paused, Event::stopped, {Phase::closed, Action::abort}},
    Row{Mode::abortive, Phase::withheld, Event::stopped, {Phase::closed, Action::abort}},
    Row{Mode::abortive, Phase::leaked, Event::stopped, {Phase::closed, Action::abort}},

    // The drain ends with the client's FIN, or is cut short by a bound.
    Row{any, Phase::draining, Event::received_fin, {Phase::closed, Action::close}},
    Row{any, Phase::draining, Event::time_exceeded, {Phase::closed, Action::close}},
    Row{any, Phase::draining, Event::bytes_exceeded, {Phase::closed, Action::close}},
    Row{any, Phase::draining, Event::stopped, {Phase::closed, Action::close}},

    Row{any, Phase::paused, Event::time_exceeded, {Phase::closed, Action::close}},
    Row{any, Phase::paused, Event::stopped, {Phase::closed, Action::close}},

    // A client that does not take its turn gets our FIN after all, unless the mode is `never`, which has no bounds.
    Row{Mode::never, Phase::withheld, Event::received_fin, {Phase::leaked, Action::none}},
    Row{any, Phase::withheld, Event::received_fin, {Phase::closed, Action::close}},
    Row{any, Phase::withheld, Event::time_exceeded, {Phase::draining, Action::send_fin}},
    Row{any, Phase::withheld, Event::bytes_exceeded, {Phase::draining, Action::send_fin}},
    Row{any, Phase::withheld, Event::stopped, {Phase::closed, Action::close}},
    Row{any, Phase::leaked, Event::stopped, {Phase::closed, Action::close}},

    // The response can't be completed.
    Row{any, Phase::flushing, Event::incomplete, {Phase::closed, Action::abort}},
    Row{any, Phase::half_closed, Event::incomplete, {Phase::closed, Action::abort}},
    Row{any, Phase::flushing, Event::time_exceeded, {Phase::closed, Action::abort}},
    Row{any, Phase::half_closed, Event::time_exceeded, {Phase::closed, Action::abort}},
    Row{any, Phase::flushing, Event::stopped, {Phase::closed, Action::abort}},
    Row{any, Phase::half_closed, Event::stopped, {Phase::closed, Action::abort}},

    // The connection is over already; close() only frees the descriptor.
    Row{any, Phase::flushing, Event::failed, {Phase::closed, Action::close}},
    Row{any, Phase::half_closed, Event::failed, {Phase::closed, Action::close}},
    Row{any, Phase::draining, Event::failed, {Phase::closed, Action::close}},
    Row{any, Phase::withheld, Event::failed, {Phase::closed, Action::close}},
};

}  // namespace

std::optional<TeardownStep> next_step(CloseMode mode, TeardownPhase phase, TeardownEvent event) {
  for (const Row& row : table) {
    if (row.mode.value_or(mode) == mode && row.phase == phase && row.event == event) return row.step;
  }
  return std::nullopt;
}

std::string_view to_string(TeardownPhase phase) {
  static constexpr std::array<std::string_view, 7> names{"flushing", "half_closed", "draining", "paused",
                                                         "withheld", "leaked",      "closed"};
  return names[static_cast<std::size_t>(phase)];
}

std::string_view to_string(TeardownEvent event) {
  static constexpr std::array<std::string_view, 7> names{"flushed",       "received_fin",   "failed", "incomplete",
                                                         "time_exceeded", "bytes_exceeded", "stopped"};
  return names[static_cast<std::size_t>(event)];
}

std::string_view to_string(TeardownAction action) {
  static constexpr std::array<std::string_view, 5> names{"none", "withhold_fin", "send_fin", "close", "abort"};
  return names[static_cast<std::size_t>(action)];
}

}  // namespace closelab::net
