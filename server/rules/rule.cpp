#include "closelab/rule.h"

#include <array>
#include <ostream>

#include "server/rules/rule_text.h"

namespace closelab {
namespace {

using std::chrono::milliseconds;

constexpr std::array<std::string_view, 9> moments{
    "accept",        "request_headers", "request_body", "before_response", "response_headers",
    "response_body", "after_response",  "idle",         "next_request"};

Rule at_trigger(const Trigger& trigger) {
  Rule rule;
  rule.at = trigger;
  return rule;
}

}  // namespace

Rule& Rule::on_connection(std::uint64_t number) {
  connection = number;
  return *this;
}

Rule& Rule::on_request(std::uint64_t number) {
  request = number;
  return *this;
}

Rule& Rule::on_path(std::string_view pattern) {
  path = pattern;
  return *this;
}

Rule& Rule::close(CloseMode mode) {
  action = CloseAction{mode};
  return *this;
}

Rule& Rule::delay(milliseconds duration) {
  action = DelayAction{duration};
  return *this;
}

Rule& Rule::stall() {
  action = StallAction{};
  return *this;
}

Rule& Rule::truncate() {
  action = TruncateAction{};
  return *this;
}

Rule& Rule::slow(std::uint64_t bytes, milliseconds every) {
  action = SlowAction{bytes, every};
  return *this;
}

Rule& Rule::at_most(std::uint64_t times_at_most) {
  times = times_at_most;
  return *this;
}

Rule& Rule::once() { return at_most(1); }

Rule& Rule::with_probability(double value) {
  probability = value;
  return *this;
}

Rule at(At moment) { return at_trigger({.at = moment}); }

Rule at_request_body(std::uint64_t bytes) { return at_trigger({.at = At::request_body, .bytes = bytes}); }

Rule at_response_body(std::uint64_t bytes) { return at_trigger({.at = At::response_body, .bytes = bytes}); }

Rule at_idle(milliseconds after) { return at_trigger({.at = At::idle, .after = after}); }

std::string_view to_string(At at) { return moments[static_cast<std::size_t>(at)]; }

std::string to_string(const Trigger& trigger) {
  const std::string moment(to_string(trigger.at));
  if (trigger.at == At::request_body || trigger.at == At::response_body)
    return moment + ':' + std::to_string(trigger.bytes);
  return trigger.at == At::idle ? moment + ':' + server::format_duration(trigger.after) : moment;
}

std::ostream& operator<<(std::ostream& out, At at) { return out << to_string(at); }

std::ostream& operator<<(std::ostream& out, const Trigger& trigger) { return out << to_string(trigger); }

std::ostream& operator<<(std::ostream& out, const Action& action) { return out << server::describe_action(action); }

std::ostream& operator<<(std::ostream& out, const Rule& rule) { return out << describe(rule); }

std::ostream& operator<<(std::ostream& out, const RuleStatus& status) {
  out << "rule " << status.id << ": " << status.rule << "; ";
  if (status.fired == 0) return out << "it has not acted";
  return out << "it has acted " << status.fired << (status.fired == 1 ? " time" : " times");
}

std::ostream& operator<<(std::ostream& out, const RuleFiring& firing) {
  if (firing.rule_id == 0) return out << "rule of request " << firing.request_number << ": " << firing.text;
  return out << "rule " << firing.rule_id << ": " << firing.text;
}

}  // namespace closelab
