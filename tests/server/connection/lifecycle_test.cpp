#include "server/connection/lifecycle.h"

#include <doctest/doctest.h>

#include <fstream>
#include <initializer_list>
#include <iostream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "tests/where.h"

namespace closelab::server {
namespace {

using Kind = Step::Kind;
using enum Event;

constexpr Stage all_stages[] = {Stage::idle,      Stage::empty_lines, Stage::head,  Stage::body,
                                Stage::answering, Stage::finishing,   Stage::ending};
constexpr Wait pauses[] = {Wait::delay, Wait::stall, Wait::acknowledge, Wait::hold, Wait::stream};

std::vector<Event> all_events() {
  std::vector<Event> list;
  for (std::size_t i = 0; i < events; ++i) list.push_back(static_cast<Event>(i));
  return list;
}

std::vector<Circumstances> all_circumstances() {
  std::vector<Circumstances> list;
  for (unsigned set = 0; set < 64; ++set) {
    const auto bit = [set](unsigned i) { return (set >> i & 1) != 0; };
    list.push_back({.client_half_close = bit(0) ? ClientHalfClose::abort : ClientHalfClose::answer,
                    .timeout_response = bit(1) ? Switch::off : Switch::on,
                    .server = bit(2) ? Circumstances::Server::stopping : Circumstances::Server::running,
                    .output = bit(3) ? Circumstances::Output::pending : Circumstances::Output::flushed,
                    .client_fin = bit(4) ? Circumstances::ClientFin::received : Circumstances::ClientFin::not_seen,
                    .closing = bit(5) ? Circumstances::Closing::held : Circumstances::Closing::free});
  }
  return list;
}

/// Where events lead, one after the other; empty when one of them can't happen.
std::optional<Transition> play(std::initializer_list<Event> list, const Circumstances& circumstances = {}) {
  Transition at{};
  for (const Event event : list) {
    const auto next = next_step({at.stage}, event, circumstances);
    if (!next) return std::nullopt;
    at = *next;
  }
  return at;
}

Step ends(Ending how, CloseReason reason, std::optional<CloseMode> mode = {}, int status = 0) {
  return {.kind = Kind::end, .ending = how, .reason = reason, .mode = mode, .status = status};
}
Step waits_for(Wait what) { return {.kind = Kind::wait, .wait = what}; }

TEST_CASE("what is certain is what the table says under any circumstances of a server that runs") {
  std::size_t certain = 0;
  for (const Stage stage : all_stages) {
    for (const Event event : all_events()) {
      const Transition* step = certain_step({stage}, event);
      if (step == nullptr) continue;
      ++certain;
      for (const Circumstances& circumstances : all_circumstances()) {
        if (circumstances.server == Circumstances::Server::stopping) continue;
        CHECK(next_step({stage}, event, circumstances) == *step);
      }
    }
  }
  CHECK(certain > 50);
  CHECK(certain_step({Stage::idle}, out_of_input) != nullptr);
  CHECK(certain_step({Stage::idle}, answered) == nullptr);
  for (const Wait pause : pauses) CHECK(certain_step({Stage::body, pause}, close) == nullptr);
}

TEST_CASE("the lives of a connection") {
  struct Row {
    std::initializer_list<Event> events;
    Stage stage;
    Step step;
  };
  const CloseReason given = CloseReason::none;
  const Row rows[] = {
      {{first_byte, request_begins, request_complete, answered}, Stage::idle, {}},
      {{first_byte, request_begins, head_complete, request_complete, answered, out_of_input},
       Stage::idle,
       waits_for(Wait::request)},
      {{first_byte, out_of_input}, Stage::empty_lines, waits_for(Wait::request)},
      {{first_byte, request_begins, out_of_input}, Stage::head, waits_for(Wait::head)},
      {{first_byte, request_begins, head_complete, out_of_input}, Stage::body, waits_for(Wait::body)},
      {{first_byte, request_begins, request_complete, out_of_input}, Stage::answering, waits_for(Wait::answer)},
      {{first_byte, request_begins, request_complete, answered, blocked}, Stage::idle, waits_for(Wait::client)},
      {{first_byte, request_begins, request_complete, answered_last, flushed},
       Stage::ending,
       ends(Ending::tear_down, given)},
      // What was refused is answered, and nothing after it is read.
      {{first_byte, request_refused}, Stage::finishing, ends(Ending::refuse, CloseReason::protocol_error)},
      {{first_byte, request_begins, head_complete, request_refused},
       Stage::finishing,
       ends(Ending::refuse, CloseReason::protocol_error)},
      {{no_room}, Stage::finishing, ends(Ending::refuse, CloseReason::connection_limit, {}, 503)},
      {{first_byte, request_begins, header_timeout},
       Stage::finishing,
       ends(Ending::refuse, CloseReason::header_timeout, {}, 408)},
      {{first_byte, request_begins, head_complete, body_timeout},
       Stage::finishing,
       ends(Ending::refuse, CloseReason::body_timeout, {}, 408)},
      {{first_byte, request_begins, received_fin},
       Stage::finishing,
       ends(Ending::refuse, CloseReason::peer_closed, {}, 400)},
      // Idle: nobody waits for an answer.
      {{received_fin}, Stage::finishing, ends(Ending::flush, CloseReason::peer_closed)},
      {{idle_timeout}, Stage::finishing, ends(Ending::flush, CloseReason::idle_timeout)},
      {{close_idle}, Stage::finishing, ends(Ending::flush, CloseReason::command)},
      {{drained}, Stage::finishing, ends(Ending::flush, CloseReason::drain)},
      {{stop_now}, Stage::finishing, ends(Ending::flush, CloseReason::server_stop, CloseMode::immediate)},
      // An RST before the last answer is out is the reason.
      {{first_byte, request_begins, request_complete, answered_last, client_reset},
       Stage::ending,
       ends(Ending::break_off, CloseReason::peer_reset)},
      {{first_byte, request_begins, request_complete, write_timeout},
       Stage::ending,
       ends(Ending::break_off, CloseReason::write_timeout)},
      {{first_byte, request_begins, request_complete, answered_last, stop_now},
       Stage::ending,
       ends(Ending::break_off, given)},
      {{rule_closes}, Stage::finishing, ends(Ending::cut, CloseReason::rule)},
      {{first_byte, request_begins, close}, Stage::finishing, ends(Ending::cut, CloseReason::command)},
  };
  for (const Row& row : rows) {
    const auto at = play(row.events);
    REQUIRE(at.has_value());
    CHECK(to_string(at->stage) == to_string(row.stage));
    CHECK(at->step == row.step);
  }
}

TEST_CASE("what can't happen says so") {
  const std::initializer_list<Event> lists[] = {
      {request_begins},
      {head_complete},
      {answered},
      {flushed},
      {pause_over},
      {header_timeout},
      {first_byte, first_byte},
      {first_byte, request_begins, body_timeout},
      {first_byte, request_begins, idle_timeout},
      {first_byte, request_begins, request_complete, first_byte},
      {first_byte, request_begins, request_complete, received_fin},
      {first_byte, request_begins, request_complete, answered_last, first_byte},
      {first_byte, request_begins, request_complete, answered_last, out_of_input},
      {idle_timeout, flushed, flushed},
  };
  for (const auto& list : lists) CHECK_FALSE(play(list).has_value());
}

TEST_CASE("circumstances decide") {
  const Circumstances abort{.client_half_close = ClientHalfClose::abort};
  CHECK(play({first_byte, request_begins, received_fin}, abort)->step == ends(Ending::cut, CloseReason::peer_closed));
  CHECK(play({first_byte, request_begins, request_complete, noticed_fin}, abort)->step ==
        ends(Ending::cut, CloseReason::peer_closed));
  CHECK(play({first_byte, request_begins, request_complete, noticed_fin})->step == waits_for(Wait::answer));
  const Circumstances silent{.timeout_response = Switch::off};
  CHECK(play({first_byte, request_begins, header_timeout}, silent)->step ==
        ends(Ending::cut, CloseReason::header_timeout));
  const Circumstances stopping{.server = Circumstances::Server::stopping};
  CHECK(play({out_of_input}, stopping)->step == ends(Ending::flush, CloseReason::server_stop, CloseMode::immediate));
  const Circumstances held{.closing = Circumstances::Closing::held};
  CHECK(*play({idle_timeout, flushed}, held) == Transition{Stage::finishing, waits_for(Wait::hold)});
  const Circumstances unsent{.output = Circumstances::Output::pending};
  CHECK(play({close_idle}, unsent)->step == Step{});
  CHECK(play({stop_now}, unsent)->step == ends(Ending::break_off, CloseReason::server_stop));
  const Circumstances after_fin{.client_fin = Circumstances::ClientFin::received};
  CHECK(play({received_fin, client_reset}, after_fin)->step == ends(Ending::break_off, CloseReason::none));
}

TEST_CASE("a pause ends with what it waits for, with the server's stop, or with the client") {
  struct Row {
    Wait pause;
    Event event;
    Step step;
  };
  const Row rows[] = {
      {Wait::delay, pause_over, {}},
      {Wait::delay, stop, {}},
      {Wait::stall, stop, ends(Ending::cut, CloseReason::server_stop, CloseMode::immediate)},
      {Wait::stall, noticed_fin, ends(Ending::cut, CloseReason::peer_closed)},
      {Wait::acknowledge, pause_over, ends(Ending::cut, CloseReason::rule)},
      {Wait::acknowledge, stop, waits_for(Wait::acknowledge)},
      {Wait::hold, pause_over, {}},
      {Wait::hold, stop, {}},
      {Wait::hold, noticed_fin, waits_for(Wait::hold)},
      {Wait::stream, pause_over, {}},
      {Wait::stream, noticed_fin, waits_for(Wait::stream)},
      {Wait::stream, stop, waits_for(Wait::stream)},
  };
  for (const Row& row : rows) {
    CAPTURE(to_string(row.pause));
    CAPTURE(to_string(row.event));
    CHECK(next_step({Stage::finishing, row.pause}, row.event)->step == row.step);
  }
  // Where the client's FIN says that nobody wants the answer, it says so in the middle of it too.
  for (const Wait pause : {Wait::delay, Wait::stream}) {
    const Circumstances aborts{.client_half_close = ClientHalfClose::abort};
    CHECK(next_step({Stage::idle, pause}, noticed_fin, aborts)->step == ends(Ending::cut, CloseReason::peer_closed));
  }
  CHECK_FALSE(next_step({Stage::body, Wait::stall}, pause_over).has_value());
  CHECK_FALSE(next_step({Stage::body, Wait::delay}, first_byte).has_value());
}

TEST_CASE("every pair, in all circumstances: an end has a reason, and is not left again") {
  for (const Circumstances& circumstances : all_circumstances()) {
    for (const Event event : all_events()) {
      for (const Stage stage : all_stages) {
        const auto next = next_step({stage}, event, circumstances);
        CAPTURE(to_string(stage));
        CAPTURE(to_string(event));
        // Whether an event can happen does not depend on the circumstances.
        REQUIRE(next.has_value() == next_step({stage}, event).has_value());
        if (!next) continue;
        const bool decided = stage >= Stage::finishing;
        CHECK_FALSE((decided && next->stage < Stage::finishing));
        CHECK_FALSE((stage == Stage::ending && next->stage != Stage::ending));
        const bool comes_with_the_event = event == answered_last;
        if (!decided && next->stage >= Stage::finishing && !comes_with_the_event) {
          CHECK(next->step.reason != CloseReason::none);
        }
      }
    }
  }
}

TEST_CASE("a connection can always be ended, also in a pause") {
  for (const Event event : {close, stop_now, stop, close_idle, client_reset, connection_lost}) {
    CAPTURE(to_string(event));
    for (const Stage stage : all_stages) {
      CAPTURE(to_string(stage));
      CHECK(next_step({stage}, event).has_value());
      for (const Wait pause : pauses) {
        if (stage != Stage::ending) CHECK(next_step({stage, pause}, event).has_value());
      }
    }
  }
}

TEST_CASE("from every stage the end is reached by events alone") {
  for (const Stage from : all_stages) {
    std::set<Stage> reached{from};
    for (std::size_t before = 0; before != reached.size();) {
      before = reached.size();
      for (const Stage stage : std::set<Stage>(reached)) {
        for (const Event event : all_events()) {
          if (const auto next = next_step({stage}, event)) reached.insert(next->stage);
        }
      }
    }
    CHECK(reached.contains(Stage::ending));
    // No stage that is there for nothing.
    if (from == Stage::idle) CHECK(reached.size() == stages);
  }
}

TEST_CASE("names") {
  std::set<std::string_view> names;
  for (const Event event : all_events()) names.insert(to_string(event));
  CHECK(names.size() == events);
  CHECK(to_string(first_byte) == "first_byte");
  CHECK(to_string(stop_now) == "stop_now");
  CHECK(to_string(Wait::stream) == "stream");
  CHECK(to_string(Ending::hurry) == "hurry");
}

// server_test -tc='the lifecycle as docs/lifecycle.md has it' prints the table when it differs.
TEST_CASE("the lifecycle as docs/lifecycle.md has it") {
  std::ifstream in(CLOSELAB_SOURCE_DIR "/docs/lifecycle.md");
  const std::string page(std::istreambuf_iterator<char>(in), {});
  const std::string table = lifecycle_table();
  const bool is_there = page.find(table) != std::string::npos;
  if (!is_there) std::cout << table;
  CHECK(is_there);
}

}  // namespace
}  // namespace closelab::server
