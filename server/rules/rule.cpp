#include "closelab/rule.h"

#include <array>
#include <ostream>

#include "server/rules/rule_text.h"
#include "server/text/printable.h"

namespace closelab {
namespace {

using std::chrono::milliseconds;

constexpr std::array<std::string_view, 11> moments{
    "accept",        "request_headers", "expect",         "request_body", "before_response", "response_headers",
    "response_body", "response_wire",   "after_response", "idle",         "next_request"};

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

Rule& Rule::on_method(std::string_view name) {
  method = name;
  return *this;
}

Rule& Rule::after_idle(milliseconds at_least) {
  idle_at_least = at_least;
  return *this;
}

Rule& Rule::close(CloseMode mode) {
  action = CloseAction{mode, {}};
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

Rule& Rule::answer(AnswerAction what) {
  action = std::move(what);
  return *this;
}

Rule& Rule::send(std::string_view bytes) {
  action = SendAction{std::string(bytes), {}};
  return *this;
}

Rule& Rule::interim(int status, std::string_view fields, std::uint64_t count) {
  action = InterimAction{status, std::string(fields), count};
  return *this;
}

Rule& Rule::expect(ExpectAction what) {
  action = what;
  return *this;
}

Rule& Rule::announce(std::string_view text) {
  if (auto* close = std::get_if<CloseAction>(&action)) {
    close->announce = text;
  } else if (auto* answer = std::get_if<AnswerAction>(&action)) {
    answer->announce = text;
  } else {
    action = AnnounceAction{std::string(text)};
  }
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

Rule at_response_wire(std::uint64_t bytes) { return at_trigger({.at = At::response_wire, .bytes = bytes}); }

Rule at_idle(milliseconds after) { return at_trigger({.at = At::idle, .after = after}); }

std::string_view to_string(At at) { return moments[static_cast<std::size_t>(at)]; }

std::string to_string(const Trigger& trigger) {
  const std::string moment(to_string(trigger.at));
  if (trigger.at == At::request_body || trigger.at == At::response_body || trigger.at == At::response_wire)
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
  out << "rule ";
  if (firing.rule_id == 0) {
    out << "of request " << firing.request_number;
  } else {
    out << firing.rule_id;
  }
  out << ": " << firing.text;
  if (firing.said_bytes == 0) return out;
  return out << " (" << server::counted(firing.said_bytes, "byte") << " that no handler said)";
}

}  // namespace closelab
