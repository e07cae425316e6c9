#include "http/exchange.h"

#include <array>

namespace closelab::http {
namespace {

struct Transition {
  ExchangeState from;
  ExchangeEvent event;
  ExchangeState to;
};

using enum ExchangeEvent;
using R = Reading;
using W = Writing;

// Every transition there is.
constexpr auto transitions = std::to_array<Transition>({
    {{R::idle, W::idle}, first_byte, {R::head, W::idle}},

    {{R::head, W::idle}, head_complete, {R::body, W::idle}},
    {{R::head, W::idle}, message_complete, {R::complete, W::idle}},
    {{R::head, W::idle}, read_failed, {R::failed, W::idle}},

    {{R::body, W::idle}, message_complete, {R::complete, W::idle}},
    {{R::body, W::idle}, read_failed, {R::failed, W::idle}},
    {{R::body, W::idle}, response_started, {R::body, W::responding}},

    // An early response: the body may still end, fail, or stay unread while the response is written.
    {{R::body, W::responding}, message_complete, {R::complete, W::responding}},
    {{R::body, W::responding}, read_failed, {R::failed, W::responding}},
    {{R::body, W::responding}, response_complete, {R::body, W::complete}},

    {{R::complete, W::idle}, response_started, {R::complete, W::responding}},
    {{R::complete, W::responding}, response_complete, {R::complete, W::complete}},

    // A request that is refused or late is answered too.
    {{R::failed, W::idle}, response_started, {R::failed, W::responding}},
    {{R::failed, W::responding}, response_complete, {R::failed, W::complete}},
});

constexpr std::size_t readings = static_cast<std::size_t>(R::failed) + 1;
constexpr std::size_t writings = static_cast<std::size_t>(W::complete) + 1;
constexpr std::size_t events = static_cast<std::size_t>(response_complete) + 1;

constexpr std::size_t index_of(ExchangeState state, ExchangeEvent event) {
  const std::size_t row = static_cast<std::size_t>(state.reading) * writings + static_cast<std::size_t>(state.writing);
  return row * events + static_cast<std::size_t>(event);
}

// The same, to be looked up.
constexpr auto next_states = [] {
  std::array<std::optional<ExchangeState>, readings * writings * events> table{};
  for (const Transition& transition : transitions) table[index_of(transition.from, transition.event)] = transition.to;
  return table;
}();

}  // namespace

std::optional<ExchangeState> advance(ExchangeState state, ExchangeEvent event) {
  return next_states[index_of(state, event)];
}

std::string_view to_string(Reading reading) {
  constexpr std::array<std::string_view, 5> names{"idle", "head", "body", "complete", "failed"};
  return names[static_cast<std::size_t>(reading)];
}

std::string_view to_string(Writing writing) {
  constexpr std::array<std::string_view, 3> names{"idle", "responding", "complete"};
  return names[static_cast<std::size_t>(writing)];
}

std::string_view to_string(ExchangeEvent event) {
  constexpr std::array<std::string_view, 6> names{"first_byte",  "head_complete",    "message_complete",
                                                  "read_failed", "response_started", "response_complete"};
  return names[static_cast<std::size_t>(event)];
}

}  // namespace closelab::http
