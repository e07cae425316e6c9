#include "http/exchange.h"

#include <doctest/doctest.h>

#include <set>
#include <utility>
#include <vector>

using namespace closelab::http;
using enum ExchangeEvent;

namespace {

constexpr ExchangeEvent all_events[] = {first_byte,  head_complete,    message_complete,
                                        read_failed, response_started, response_complete};

std::vector<ExchangeState> all_states() {
  std::vector<ExchangeState> states;
  for (int reading = 0; reading <= static_cast<int>(Reading::failed); ++reading) {
    for (int writing = 0; writing <= static_cast<int>(Writing::complete); ++writing) {
      states.push_back({static_cast<Reading>(reading), static_cast<Writing>(writing)});
    }
  }
  return states;
}

std::optional<ExchangeState> play(std::initializer_list<ExchangeEvent> events) {
  std::optional<ExchangeState> state = ExchangeState{};
  for (const ExchangeEvent event : events) {
    if (state) state = advance(*state, event);
  }
  return state;
}

}  // namespace

TEST_CASE("the lives of an exchange") {
  struct Row {
    std::initializer_list<ExchangeEvent> events;
    std::optional<ExchangeState> end;
  };
  const Row rows[] = {
      // Without a body, with one, with a response before the body was read.
      {{first_byte, message_complete, response_started, response_complete}, {{Reading::complete, Writing::complete}}},
      {{first_byte, head_complete, message_complete, response_started, response_complete},
       {{Reading::complete, Writing::complete}}},
      {{first_byte, head_complete, response_started, message_complete, response_complete},
       {{Reading::complete, Writing::complete}}},
      {{first_byte, head_complete, response_started, response_complete}, {{Reading::body, Writing::complete}}},
      // Refused or late.
      {{first_byte, read_failed, response_started, response_complete}, {{Reading::failed, Writing::complete}}},
      {{first_byte, head_complete, read_failed, response_started, response_complete},
       {{Reading::failed, Writing::complete}}},
      {{first_byte, head_complete, response_started, read_failed, response_complete},
       {{Reading::failed, Writing::complete}}},
      // Can't happen.
      {{head_complete}, std::nullopt},
      {{response_started}, std::nullopt},
      {{read_failed}, std::nullopt},
      {{first_byte, first_byte}, std::nullopt},
      {{first_byte, response_started}, std::nullopt},
      {{first_byte, head_complete, head_complete}, std::nullopt},
      {{first_byte, message_complete, response_complete}, std::nullopt},
      {{first_byte, message_complete, read_failed}, std::nullopt},
      {{first_byte, message_complete, first_byte}, std::nullopt},
      {{first_byte, message_complete, response_started, response_started}, std::nullopt},
      {{first_byte, read_failed, message_complete}, std::nullopt},
      {{first_byte, head_complete, response_started, response_complete, message_complete}, std::nullopt},
  };
  int number = 0;
  for (const Row& row : rows) {
    CAPTURE(++number);
    CHECK(play(row.events) == row.end);
  }
}

TEST_CASE("every transition moves forward on exactly one side") {
  int legal = 0;
  for (const ExchangeState state : all_states()) {
    for (const ExchangeEvent event : all_events) {
      const auto next = advance(state, event);
      if (!next) continue;
      ++legal;
      CAPTURE(to_string(state.reading));
      CAPTURE(to_string(state.writing));
      CAPTURE(to_string(event));
      const bool writes = event == response_started || event == response_complete;
      CHECK((next->reading > state.reading) == !writes);
      CHECK((next->writing > state.writing) == writes);
    }
  }
  CHECK(legal == 14);
}

TEST_CASE("an exchange that is over takes no event, and every state leads there") {
  for (const ExchangeState state : all_states()) {
    bool moves = false;
    for (const ExchangeEvent event : all_events) moves = moves || advance(state, event).has_value();
    if (is_over(state)) CHECK_FALSE(moves);
  }
  std::vector<ExchangeState> open = {{}};
  std::set<std::pair<Reading, Writing>> seen;
  while (!open.empty()) {
    const ExchangeState state = open.back();
    open.pop_back();
    if (!seen.emplace(state.reading, state.writing).second) continue;
    bool moves = is_over(state);
    for (const ExchangeEvent event : all_events) {
      const auto next = advance(state, event);
      if (!next) continue;
      moves = true;
      open.push_back(*next);
    }
    CHECK(moves);
  }
  CHECK(seen.size() == 11);
}

TEST_CASE("queries") {
  struct Row {
    ExchangeState state;
    bool receiving, may_continue, over, body_unread;
  };
  const Row rows[] = {
      {{Reading::idle, Writing::idle}, false, false, false, false},
      {{Reading::head, Writing::idle}, true, false, false, false},
      {{Reading::body, Writing::idle}, true, true, false, true},
      {{Reading::complete, Writing::idle}, false, false, false, false},
      {{Reading::failed, Writing::idle}, false, false, false, false},
      {{Reading::body, Writing::responding}, true, false, false, true},
      {{Reading::complete, Writing::responding}, false, false, false, false},
      {{Reading::failed, Writing::responding}, false, false, false, false},
      {{Reading::body, Writing::complete}, true, false, true, true},
      {{Reading::complete, Writing::complete}, false, false, true, false},
      {{Reading::failed, Writing::complete}, false, false, true, false},
  };
  for (const Row& row : rows) {
    CAPTURE(to_string(row.state.reading));
    CAPTURE(to_string(row.state.writing));
    CHECK(is_receiving(row.state) == row.receiving);
    CHECK(may_send_continue(row.state) == row.may_continue);
    CHECK(is_over(row.state) == row.over);
    CHECK(is_body_unread(row.state) == row.body_unread);
  }
}
