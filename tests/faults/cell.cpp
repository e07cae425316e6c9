#include "tests/faults/cell.h"

#include <algorithm>

namespace closelab::faults {
namespace {

using namespace std::chrono_literals;

AnswerAction answer(Switch read_body = Switch::on, std::optional<CloseMode> close = std::nullopt) {
  return {.status = answer_status, .body = std::string(answer_body), .read_body = read_body, .close = close};
}

SendAction send(std::optional<CloseMode> close = std::nullopt) { return {std::string(sent_bytes), close}; }

}  // namespace

std::span<const Moment> moments() {
  static constexpr std::array rows{Moment{{At::accept}},
                                   Moment{{At::request_headers}},
                                   Moment{{At::expect}},
                                   Moment{{At::request_body, trigger_bytes}},
                                   Moment{{At::before_response}},
                                   Moment{{At::response_headers}},
                                   Moment{{At::response_body, trigger_bytes}},
                                   Moment{{At::response_wire, wire_bytes}},
                                   Moment{{At::after_response}},
                                   Moment{{At::idle, 0, idle_for}},
                                   Moment{{At::next_request}},
                                   Moment{{At::next_request}, idle_for}};
  return rows;
}

std::span<const Action> actions() {
  using Expect = ExpectAction::Kind;
  static const std::array<Action, 23> columns{CloseAction{CloseMode::lingering},
                                              CloseAction{CloseMode::immediate},
                                              CloseAction{CloseMode::abortive},
                                              CloseAction{CloseMode::delayed},
                                              CloseAction{CloseMode::half},
                                              CloseAction{CloseMode::deferred},
                                              CloseAction{CloseMode::never},
                                              DelayAction{delay_time},
                                              StallAction{},
                                              TruncateAction{},
                                              pace,
                                              answer(),
                                              answer(Switch::off),
                                              answer(Switch::on, CloseMode::lingering),
                                              send(),
                                              send(CloseMode::lingering),
                                              InterimAction{interim_status},
                                              ExpectAction{Expect::proceed},
                                              ExpectAction{Expect::never},
                                              ExpectAction{Expect::late, delay_time},
                                              ExpectAction{Expect::twice},
                                              AnnounceAction{"close"},
                                              CloseAction{CloseMode::lingering, "none"}};
  return columns;
}

std::vector<Cell> all_cells() {
  std::vector<Cell> cells;
  for (const Moment& moment : moments()) {
    for (const Action& action : actions()) cells.push_back({moment, action});
  }
  return cells;
}

std::vector<Cell> played_cells() {
  std::vector<Cell> cells = all_cells();
  std::erase_if(cells, [](const Cell& cell) { return !refusal_of(cell).empty(); });
  return cells;
}

const CloseMode* mode_of(const Cell& cell) {
  const auto* close = std::get_if<CloseAction>(&cell.action);
  return close != nullptr ? &close->mode : nullptr;
}

const CloseMode* end_of(const Cell& cell) {
  const auto* answer = std::get_if<AnswerAction>(&cell.action);
  if (answer != nullptr) return answer->close ? &*answer->close : nullptr;
  const auto* send = std::get_if<SendAction>(&cell.action);
  if (send != nullptr) return send->close ? &*send->close : nullptr;
  return mode_of(cell);
}

Rule rule_of(const Cell& cell, std::uint64_t connection) {
  Rule rule;
  rule.at = cell.moment.trigger;
  rule.idle_at_least = cell.moment.idle_at_least;
  rule.action = cell.action;
  rule.on_connection(connection);
  // Else it would act on the second request too.
  if (cell.at() != At::accept) rule.on_request(1);
  return rule;
}

std::string refusal_of(const Cell& cell) { return error_of(rule_of(cell, 1)); }

bool is_asked(At at) { return at >= At::request_headers && at <= At::before_response; }

bool sends_second_request(const Cell& cell) { return cell.at() == At::next_request || end_of(cell) == nullptr; }

}  // namespace closelab::faults
