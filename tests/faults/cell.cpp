#include "tests/faults/cell.h"

namespace closelab::faults {

std::span<const Trigger> triggers() {
  static constexpr std::array rows{
      Trigger{At::accept},          Trigger{At::request_headers},   Trigger{At::request_body, trigger_bytes},
      Trigger{At::before_response}, Trigger{At::response_headers},  Trigger{At::response_body, trigger_bytes},
      Trigger{At::after_response},  Trigger{At::idle, 0, idle_for}, Trigger{At::next_request}};
  return rows;
}

std::span<const Action> actions() {
  static const std::array<Action, 11> columns{CloseAction{CloseMode::lingering},
                                              CloseAction{CloseMode::immediate},
                                              CloseAction{CloseMode::abortive},
                                              CloseAction{CloseMode::delayed},
                                              CloseAction{CloseMode::half},
                                              CloseAction{CloseMode::deferred},
                                              CloseAction{CloseMode::never},
                                              DelayAction{delay_time},
                                              StallAction{},
                                              TruncateAction{},
                                              pace};
  return columns;
}

std::vector<Cell> all_cells() {
  std::vector<Cell> cells;
  for (const Trigger& trigger : triggers()) {
    for (const Action& action : actions()) cells.push_back({trigger, action});
  }
  return cells;
}

const CloseMode* mode_of(const Cell& cell) {
  const auto* close = std::get_if<CloseAction>(&cell.action);
  return close != nullptr ? &close->mode : nullptr;
}

Rule rule_of(const Cell& cell, std::uint64_t connection) {
  Rule rule;
  rule.at = cell.trigger;
  rule.action = cell.action;
  rule.on_connection(connection);
  // Else it would act on the second request too.
  if (cell.trigger.at != At::accept) rule.on_request(1);
  return rule;
}

bool sends_second_request(const Cell& cell) { return cell.trigger.at == At::next_request || mode_of(cell) == nullptr; }

}  // namespace closelab::faults
