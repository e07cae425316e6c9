#include "server/rules/rule_schema.h"

#include <algorithm>
#include <array>

namespace closelab::server {
namespace {

using Value = std::optional<std::string>;

// What stands after each key.

template <auto number>
std::string set_number(Rule& rule, std::string_view text) {
  const Parsed<std::uint64_t> parsed = parse_number(text);
  if (parsed) rule.*number = parsed.value;
  return parsed.error;
}

template <auto number>
Value get_number(const Rule& rule) {
  return rule.*number ? Value(std::to_string(*(rule.*number))) : std::nullopt;
}

std::string set_path(Rule& rule, std::string_view text) {
  if (text.empty()) return "nothing is given where a path belongs";
  rule.path = text;
  return "";
}

Value get_path(const Rule& rule) { return rule.path.empty() ? std::nullopt : Value(rule.path); }

std::string set_trigger(Rule& rule, std::string_view text) {
  const Parsed<Trigger> parsed = parse_trigger(text);
  if (parsed) rule.at = parsed.value;
  return parsed.error;
}

Value get_trigger(const Rule& rule) { return to_string(rule.at); }

std::string set_close(Rule& rule, std::string_view text) {
  const auto mode = parse_close_mode(text);
  if (!mode) return quoted(text) + " is none of " + std::string(close_mode_names());
  if (auto* answer = std::get_if<AnswerAction>(&rule.action)) {
    answer->close = mode;
  } else if (auto* send = std::get_if<SendAction>(&rule.action)) {
    send->close = mode;
  } else {
    rule.close(*mode);
  }
  return "";
}

Value get_close(const Rule& rule) {
  std::optional<CloseMode> mode;
  if (const auto* close = std::get_if<CloseAction>(&rule.action)) mode = close->mode;
  if (const auto* answer = std::get_if<AnswerAction>(&rule.action)) mode = answer->close;
  if (const auto* send = std::get_if<SendAction>(&rule.action)) mode = send->close;
  return mode ? Value(to_string(*mode)) : std::nullopt;
}

std::string set_method(Rule& rule, std::string_view text) {
  if (text.empty()) return "nothing is given where a method belongs";
  rule.method = text;
  return "";
}

Value get_method(const Rule& rule) { return rule.method.empty() ? std::nullopt : Value(rule.method); }

std::string set_idle_at_least(Rule& rule, std::string_view text) {
  const auto parsed = parse_duration(text);
  if (parsed) rule.idle_at_least = parsed.value;
  return parsed.error;
}

Value get_idle_at_least(const Rule& rule) {
  const bool is_set = rule.idle_at_least != std::chrono::milliseconds(0);
  return is_set ? Value(format_duration(rule.idle_at_least)) : std::nullopt;
}

std::string set_delay(Rule& rule, std::string_view text) {
  const auto parsed = parse_duration(text);
  if (parsed) rule.delay(parsed.value);
  return parsed.error;
}

Value get_delay(const Rule& rule) {
  const auto* action = std::get_if<DelayAction>(&rule.action);
  return action ? Value(format_duration(action->duration)) : std::nullopt;
}

/// An action without a value, which a typed notation has to give one.
template <class Plain>
std::string set_plain(Rule& rule, std::string_view text) {
  if (text != "on" && text != "true") return "takes on alone (true in TOML and JSON); leave the key out for off";
  rule.action = Plain{};
  return "";
}

template <class Plain>
Value get_plain(const Rule& rule) {
  return std::holds_alternative<Plain>(rule.action) ? Value("on") : std::nullopt;
}

std::string set_slow(Rule& rule, std::string_view text) {
  const Parsed<SlowAction> parsed = parse_pace(text);
  if (parsed) rule.action = parsed.value;
  return parsed.error;
}

Value get_slow(const Rule& rule) {
  const auto* action = std::get_if<SlowAction>(&rule.action);
  return action ? Value(format_size(action->bytes) + '/' + format_duration(action->every)) : std::nullopt;
}

std::string set_probability(Rule& rule, std::string_view text) {
  const Parsed<double> parsed = parse_probability(text);
  if (parsed) rule.probability = parsed.value;
  return parsed.error;
}

Value get_probability(const Rule& rule) {
  return rule.probability == 1 ? std::nullopt : Value(format_probability(rule.probability));
}

using enum RuleKey::Role;
using enum ValueKind;

std::vector<RuleKey> place_keys() {
  return {
      {"connection", place, number, "N", "that connection, counted from 1 in the order of accept(); else every one",
       set_number<&Rule::connection>, get_number<&Rule::connection>},
      {"request", place, number, "N", "that request of its connection, counted from 1; else every one",
       set_number<&Rule::request>, get_number<&Rule::request>},
      {"path", place, text, "PATH",
       "requests for that path; one that ends in `*` is a prefix; else every path. At idle and next_request the path "
       "of the request before, since the next one has not been read",
       set_path, get_path},
      {"method", place, text, "METHOD", "requests with that method; at idle and next_request as path", set_method,
       get_method},
      {"at", moment, text, "MOMENT",
       "accept, request_headers, expect (it asks for 100), request_body:N, before_response, response_headers, "
       "response_body:N, response_wire:N (head and chunk framing included), after_response, idle:DURATION or "
       "next_request (its first byte). Else after_response for close, before_response for delay, stall, answer, send, "
       "interim and announce, response_headers for truncate and slow, expect for expect",
       set_trigger, get_trigger},
      {"idle_at_least", moment, text, "DURATION", "of next_request: only when the connection was idle for so long",
       set_idle_at_least, get_idle_at_least},
  };
}

std::vector<RuleKey> ending_keys() {
  return {
      {"close", action, text, "MODE", "end the connection in that close mode; with answer and send: after them",
       set_close, get_close},
      {"delay", action, text, "DURATION", "neither read nor write for that long", set_delay, get_delay},
      {"stall", action, on, "on", "neither read nor write any more", set_plain<StallAction>, get_plain<StallAction>},
      {"truncate", action, on, "on", "send no more of the body, though its head promises more, and close",
       set_plain<TruncateAction>, get_plain<TruncateAction>},
      {"slow", action, text, "SIZE/DURATION", "at most so many bytes every so often: 10/100ms", set_slow, get_slow},
  };
}

std::vector<RuleKey> limit_keys() {
  return {
      {"times", limit, number, "N", "act so often at most; else any number of times", set_number<&Rule::times>,
       get_number<&Rule::times>},
      {"probability", limit, fraction, "P", "act with that probability, 0 to 1; see rule_seed", set_probability,
       get_probability},
  };
}

std::vector<RuleKey> all_keys() {
  std::vector<RuleKey> keys = place_keys();
  for (const auto& group : {ending_keys(), saying_keys(), limit_keys()}) {
    keys.insert(keys.end(), group.begin(), group.end());
  }
  return keys;
}

/// What a moment needs after a colon.
enum class Argument { none, bytes, time };

Argument argument_of(At at) {
  if (at == At::request_body || at == At::response_body || at == At::response_wire) return Argument::bytes;
  return at == At::idle ? Argument::time : Argument::none;
}

constexpr std::array all_moments{At::accept,        At::request_headers, At::expect,
                                 At::request_body,  At::before_response, At::response_headers,
                                 At::response_body, At::response_wire,   At::after_response,
                                 At::idle,          At::next_request};

std::string written(At at) {
  static constexpr std::array<std::string_view, 3> arguments{"", ":N", ":DURATION"};
  return std::string(to_string(at)) + std::string(arguments[static_cast<std::size_t>(argument_of(at))]);
}

Parsed<At> parse_moment(std::string_view name) {
  std::string list;
  for (const At at : all_moments) {
    if (to_string(at) == name) return {at};
    list += (list.empty() ? "" : ", ") + written(at);
  }
  return refused<At>(quoted(name) + " is none of " + list);
}

/// The moment with what stands after its colon.
Parsed<Trigger> trigger_with(At at, std::string_view argument) {
  if (argument_of(at) == Argument::bytes) {
    const Parsed<std::uint64_t> bytes = parse_size(argument);
    return {{.at = at, .bytes = bytes.value}, with_form(bytes.error, written(at))};
  }
  const auto after = parse_duration(argument);
  return {{.at = at, .after = after.value}, with_form(after.error, written(at))};
}

}  // namespace

const std::vector<RuleKey>& rule_schema() {
  static const std::vector<RuleKey> keys = all_keys();
  return keys;
}

const RuleKey* find_rule_key(std::string_view name) {
  const auto found = std::ranges::find(rule_schema(), name, &RuleKey::name);
  return found == rule_schema().end() ? nullptr : &*found;
}

Parsed<Trigger> parse_trigger(std::string_view text) {
  const std::size_t colon = text.find(':');
  const Parsed<At> moment = parse_moment(text.substr(0, colon));
  if (!moment) return refused<Trigger>(moment.error);
  const bool has_argument = colon != std::string_view::npos;
  const At at = moment.value;
  if (has_argument != (argument_of(at) != Argument::none))
    return refused<Trigger>(quoted(text) + " must be written " + written(at));
  return has_argument ? trigger_with(at, text.substr(colon + 1)) : Parsed<Trigger>{{.at = at}, ""};
}

Parsed<SlowAction> parse_pace(std::string_view text) {
  constexpr std::string_view grammar = "SIZE/DURATION, such as 10/100ms";
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return refused<SlowAction>(with_form(quoted(text) + " has no \"/\"", grammar));
  const Parsed<std::uint64_t> bytes = parse_size(text.substr(0, slash));
  if (!bytes) return refused<SlowAction>(with_form(bytes.error, grammar));
  const auto every = parse_duration(text.substr(slash + 1));
  return {{bytes.value, every.value}, with_form(every.error, grammar)};
}

}  // namespace closelab::server
