#include <algorithm>
#include <array>
#include <fstream>

#include "server/rules/rule_schema.h"
#include "server/text/escaped.h"
#include "server/text/printable.h"

// The keys of what rules say. `action` keys are read before `detail` keys.

namespace closelab::server {
namespace {

using Said = std::optional<std::string>;

constexpr std::uint64_t longest_file = 64 * 1024;

// The member that a detail is about, or nothing when the rule's action has none.

AnswerAction* answer_of(Rule& rule) { return std::get_if<AnswerAction>(&rule.action); }
const AnswerAction* answer_of(const Rule& rule) { return std::get_if<AnswerAction>(&rule.action); }

std::string goes_with(std::string_view actions) { return "goes with " + std::string(actions) + " alone"; }

/// A whole number of a status's size.
template <class What>
std::string set_status(Rule& rule, std::string_view text) {
  const Parsed<std::uint64_t> parsed = parse_number(text);
  if (!parsed) return parsed.error;
  What what;
  what.status = static_cast<int>(std::min<std::uint64_t>(parsed.value, 10'000));
  rule.action = what;
  return "";
}

template <class What>
Said get_status(const Rule& rule) {
  const auto* what = std::get_if<What>(&rule.action);
  return what != nullptr ? Said(std::to_string(what->status)) : std::nullopt;
}

template <auto member>
std::string set_answer_text(Rule& rule, std::string_view text) {
  AnswerAction* answer = answer_of(rule);
  if (answer == nullptr) return goes_with("answer");
  Parsed<std::string> parsed = parse_escaped(text);
  if (parsed) answer->*member = std::move(parsed.value);
  return parsed.error;
}

template <auto member>
Said get_answer_text(const Rule& rule) {
  const AnswerAction* answer = answer_of(rule);
  return answer == nullptr || (answer->*member).empty() ? std::nullopt : Said(format_escaped(answer->*member));
}

Said get_reason(const Rule& rule) {
  const AnswerAction* answer = answer_of(rule);
  return answer == nullptr || !answer->reason ? std::nullopt : Said(format_escaped(*answer->reason));
}

std::string set_fields(Rule& rule, std::string_view text) {
  auto* interim = std::get_if<InterimAction>(&rule.action);
  if (interim == nullptr && answer_of(rule) == nullptr) return goes_with("answer and interim");
  if (interim == nullptr) return set_answer_text<&AnswerAction::fields>(rule, text);
  Parsed<std::string> parsed = parse_escaped(text);
  if (parsed) interim->fields = std::move(parsed.value);
  return parsed.error;
}

Said get_fields(const Rule& rule) {
  const auto* interim = std::get_if<InterimAction>(&rule.action);
  if (interim == nullptr) return get_answer_text<&AnswerAction::fields>(rule);
  return interim->fields.empty() ? std::nullopt : Said(format_escaped(interim->fields));
}

std::string set_version(Rule& rule, std::string_view text) {
  AnswerAction* answer = answer_of(rule);
  if (answer == nullptr) return goes_with("answer");
  if (text != "1.0" && text != "1.1") return quoted(text) + " is none of 1.0, 1.1";
  answer->version = text == "1.0" ? Version::http_1_0 : Version::http_1_1;
  return "";
}

Said get_version(const Rule& rule) {
  const AnswerAction* answer = answer_of(rule);
  return answer != nullptr && answer->version == Version::http_1_0 ? Said("1.0") : std::nullopt;
}

constexpr std::array<std::string_view, 4> framing_names{"length", "chunked", "close", "none"};

std::string set_framing(Rule& rule, std::string_view text) {
  AnswerAction* answer = answer_of(rule);
  if (answer == nullptr) return goes_with("answer");
  const auto* const found = std::ranges::find(framing_names, text);
  if (found == framing_names.end()) return quoted(text) + " is none of length, chunked, close, none";
  answer->framing = static_cast<AnswerAction::Framing>(found - framing_names.begin());
  return "";
}

Said get_framing(const Rule& rule) {
  const AnswerAction* answer = answer_of(rule);
  if (answer == nullptr || answer->framing == AnswerAction::Framing::length) return std::nullopt;
  return std::string(framing_names[static_cast<std::size_t>(answer->framing)]);
}

std::string set_length(Rule& rule, std::string_view text) {
  AnswerAction* answer = answer_of(rule);
  if (answer == nullptr) return goes_with("answer");
  const Parsed<std::uint64_t> parsed = parse_number(text);
  if (parsed) answer->length = parsed.value;
  return parsed.error;
}

Said get_length(const Rule& rule) {
  const AnswerAction* answer = answer_of(rule);
  return answer == nullptr || !answer->length ? std::nullopt : Said(std::to_string(*answer->length));
}

std::string set_read_body(Rule& rule, std::string_view text) {
  AnswerAction* answer = answer_of(rule);
  if (answer == nullptr) return goes_with("answer");
  if (text != "on" && text != "off" && text != "true" && text != "false") return quoted(text) + " is none of on, off";
  answer->read_body = text == "on" || text == "true" ? Switch::on : Switch::off;
  return "";
}

Said get_read_body(const Rule& rule) {
  const AnswerAction* answer = answer_of(rule);
  return answer != nullptr && answer->read_body == Switch::off ? Said("off") : std::nullopt;
}

std::string set_send(Rule& rule, std::string_view text) {
  const Parsed<std::string> parsed = parse_escaped(text);
  if (parsed) rule.send(parsed.value);
  return parsed.error;
}

Said get_send(const Rule& rule) {
  const auto* send = std::get_if<SendAction>(&rule.action);
  return send != nullptr ? Said(format_escaped(send->bytes)) : std::nullopt;
}

/// The rule has the file's bytes from now on, so that it is the same wherever it is shown and read again.
std::string set_send_file(Rule& rule, std::string_view path) {
  std::ifstream file{std::string(path), std::ios::binary};
  // read() turns what a folder throws into a state; an iterator does not.
  std::string bytes(longest_file + 1, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  if (bytes.empty()) return quoted(path) + " can't be read, or is empty";
  if (bytes.size() > longest_file) return quoted(path) + " has more than 64KiB";
  rule.send(bytes);
  return "";
}

std::string set_count(Rule& rule, std::string_view text) {
  auto* interim = std::get_if<InterimAction>(&rule.action);
  if (interim == nullptr) return goes_with("interim");
  const Parsed<std::uint64_t> parsed = parse_number(text);
  if (parsed) interim->count = parsed.value;
  return parsed.error;
}

Said get_count(const Rule& rule) {
  const auto* interim = std::get_if<InterimAction>(&rule.action);
  return interim == nullptr || interim->count == 1 ? std::nullopt : Said(std::to_string(interim->count));
}

/// `final:STATUS`: an answer that does not wait for the body, and the end.
std::string set_final(Rule& rule, std::string_view status) {
  const Parsed<std::uint64_t> parsed = parse_number(status);
  if (!parsed) return with_form(parsed.error, "final:STATUS");
  if (parsed.value < 200 || parsed.value > 999) return "final: its status must be from 200 to 999";
  AnswerAction answer;
  answer.status = static_cast<int>(parsed.value);
  answer.read_body = Switch::off;
  answer.close = CloseMode::lingering;
  rule.answer(answer);
  return "";
}

std::string set_expect(Rule& rule, std::string_view text) {
  constexpr std::string_view late = "late:";
  constexpr std::string_view final_answer = "final:";
  using Kind = ExpectAction::Kind;
  if (text.starts_with(final_answer)) return set_final(rule, text.substr(final_answer.size()));
  ExpectAction expect;
  if (text.starts_with(late)) {
    const auto parsed = parse_duration(text.substr(late.size()));
    if (!parsed) return with_form(parsed.error, "late:DURATION");
    expect = {Kind::late, parsed.value};
  } else if (text == "never" || text == "twice") {
    expect.kind = text == "never" ? Kind::never : Kind::twice;
  } else if (text != "continue") {
    return quoted(text) + " is none of continue, never, late:DURATION, twice, final:STATUS";
  }
  rule.expect(expect);
  return "";
}

Said get_expect(const Rule& rule) {
  const auto* expect = std::get_if<ExpectAction>(&rule.action);
  if (expect == nullptr) return std::nullopt;
  switch (expect->kind) {
    case ExpectAction::Kind::proceed:
      return "continue";
    case ExpectAction::Kind::never:
      return "never";
    case ExpectAction::Kind::late:
      return "late:" + format_duration(expect->after);
    case ExpectAction::Kind::twice:
      break;
  }
  return "twice";
}

std::string set_announce(Rule& rule, std::string_view text) {
  if (text.empty()) return "nothing is given where none, close or another text belongs";
  rule.announce(text);
  return "";
}

Said get_announce(const Rule& rule) {
  if (const auto* announce = std::get_if<AnnounceAction>(&rule.action)) return announce->text;
  if (const auto* close = std::get_if<CloseAction>(&rule.action)) return close->announce;
  const AnswerAction* answer = answer_of(rule);
  return answer != nullptr ? answer->announce : std::nullopt;
}

Said get_nothing(const Rule&) { return std::nullopt; }

using enum RuleKey::Role;
using enum ValueKind;

std::vector<RuleKey> keys_of_answer() {
  return {
      {"answer", action, number, "STATUS", "answer with that status in place of the handler, or unasked",
       set_status<AnswerAction>, get_status<AnswerAction>},
      {"reason", detail, text, "TEXT", "of answer: the reason phrase; else the usual one",
       set_answer_text<&AnswerAction::reason>, get_reason},
      {"fields", detail, text, "LINES", "of answer and interim: field lines with \\r\\n between them, sent as they are",
       set_fields, get_fields},
      {"body", detail, text, "BYTES", "of answer: its body", set_answer_text<&AnswerAction::body>,
       get_answer_text<&AnswerAction::body>},
      {"version", detail, text, "VERSION", "of answer: 1.0 or 1.1 in the status line", set_version, get_version},
      {"framing", detail, text, "FRAMING",
       "of answer: length, chunked, close (the end of the connection ends the body) or none (nothing is said)",
       set_framing, get_framing},
      {"length", detail, number, "N", "of answer: what Content-Length says, true or not", set_length, get_length},
      {"trailers", detail, text, "LINES", "of answer: field lines after its last chunk",
       set_answer_text<&AnswerAction::trailers>, get_answer_text<&AnswerAction::trailers>},
      {"read_body", detail, on_off, "off",
       "of answer: off is an early one, which does not wait for the request's body; else on", set_read_body,
       get_read_body},
  };
}

}  // namespace

std::vector<RuleKey> saying_keys() {
  std::vector<RuleKey> keys = keys_of_answer();
  const std::vector<RuleKey> others = {
      {"send", action, text, "BYTES", "send those bytes: \\r, \\n, \\t, \\\\ and \\xNN are escapes", set_send,
       get_send},
      {"send_file", action, text, "FILE", "send what is in that file; in a conf file and for --rule only",
       set_send_file, get_nothing, RuleKey::Reach::operators},
      {"interim", action, number, "STATUS", "send an interim response: 100, 102, 103...", set_status<InterimAction>,
       get_status<InterimAction>},
      {"count", detail, number, "N", "of interim: so many; else one", set_count, get_count},
      {"expect", action, text, "WHAT",
       "at expect: continue (100 is sent, though the body has begun), never, late:DURATION, twice or final:STATUS (an "
       "answer instead, and the end)",
       set_expect, get_expect},
      {"announce", action, text, "TEXT",
       "what Connection and Keep-Alive say in the next response, or in the one before a close: none (neither is "
       "there), "
       "close, keep-alive; timeout=5, timeout=0 (Keep-Alive's alone)...",
       set_announce, get_announce},
  };
  keys.insert(keys.end(), others.begin(), others.end());
  return keys;
}

}  // namespace closelab::server
