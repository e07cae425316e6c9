#include "server/lab/audit/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "server/text/quantity.h"
#include "server/text/spelling.h"

namespace closelab::lab {
namespace {

/// What follows the word of a step.
enum class Form : std::uint8_t { path, path_and_number, duration, nothing };

struct StepWord {
  std::string_view word;
  StepKind kind;
  Form form;
};

constexpr std::array step_words{
    StepWord{"GET", StepKind::get, Form::path},
    StepWord{"HEAD", StepKind::head, Form::path},
    StepWord{"POST", StepKind::post, Form::path},
    StepWord{"PUT", StepKind::put, Form::path},
    StepWord{"DELETE", StepKind::delete_resource, Form::path},
    StepWord{"GETF", StepKind::get_follow, Form::path},
    StepWord{"GETC", StepKind::get_close, Form::path},
    StepWord{"GETU", StepKind::get_unread, Form::path},
    StepWord{"UP", StepKind::upload, Form::path_and_number},
    StepWord{"UPCUT", StepKind::upload_cut, Form::path_and_number},
    StepWord{"EXP", StepKind::expect, Form::path},
    StepWord{"BURST", StepKind::burst, Form::path_and_number},
    StepWord{"CANCEL", StepKind::cancel, Form::path_and_number},
    StepWord{"SLEEP", StepKind::sleep, Form::duration},
    StepWord{"FILL", StepKind::fill, Form::nothing},
    StepWord{"AWAIT_RULE", StepKind::await_rule, Form::duration},
    StepWord{"AWAIT_CLOSED", StepKind::await_closed, Form::duration},
    StepWord{"LOOK", StepKind::look, Form::nothing},
    StepWord{"EXIT", StepKind::exit, Form::nothing},
};

std::size_t words_of(Form form) {
  if (form == Form::nothing) return 1;
  return form == Form::path_and_number ? 3 : 2;
}

std::string_view text_of(Form form) {
  switch (form) {
    case Form::path:
      return " PATH";
    case Form::path_and_number:
      return " PATH NUMBER";
    case Form::duration:
      return " DURATION";
    case Form::nothing:
      return "";
  }
  return "";
}

/// More than any client could do before the audit stops waiting for it.
std::uint64_t most_of(StepKind kind) {
  constexpr std::uint64_t most_at_once = 1000;
  constexpr std::uint64_t longest_in_ms = 9000;
  constexpr std::uint64_t most_bytes = std::uint64_t{1} << 30;
  if (kind == StepKind::burst) return most_at_once;
  return kind == StepKind::cancel ? longest_in_ms : most_bytes;
}

/// Reads what follows the word; returns what is wrong with it.
std::string read_arguments(const StepWord& word, const std::vector<std::string>& words, PlanStep& step) {
  if (words.size() != words_of(word.form)) return fmt::format("a step is {}{}", word.word, text_of(word.form));
  if (word.form == Form::duration) {
    const auto parsed = server::parse_duration(words[1]);
    step.duration = parsed.value;
    return parsed.error;
  }
  if (word.form == Form::nothing) return "";
  if (!words[1].starts_with('/')) return fmt::format("{} is no path: it begins with /", server::quoted(words[1]));
  step.path = words[1];
  if (word.form == Form::path) return "";
  const auto parsed = server::parse_number(words[2]);
  step.number = parsed.value;
  if (parsed && (parsed.value < 1 || parsed.value > most_of(step.kind)))
    return fmt::format("{} takes a number from 1 to {}", word.word, most_of(step.kind));
  return parsed.error;
}

std::string unknown_step(std::string_view word) {
  std::vector<std::string_view> names;
  for (const StepWord& each : step_words) names.push_back(each.word);
  return server::unknown_word("step", word, names, fmt::format("steps are {}", fmt::join(names, ", ")));
}

/// Reads one line that is not empty; returns what is wrong with it.
std::string read_step(const std::string& line, PlanStep& step) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  const auto* found = std::ranges::find(step_words, words.front(), &StepWord::word);
  if (found == step_words.end()) return unknown_step(words.front());
  step.kind = found->kind;
  return read_arguments(*found, words, step);
}

}  // namespace

bool is_clients(StepKind kind) { return kind < StepKind::sleep; }

std::string_view to_string(StepKind kind) { return std::ranges::find(step_words, kind, &StepWord::kind)->word; }

ParsedPlan parse_plan(std::string_view text, unsigned first) {
  ParsedPlan plan;
  std::istringstream in{std::string(text)};
  unsigned number = first;
  for (std::string line; std::getline(in, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    PlanStep step{.line = number};
    const std::string error = read_step(line, step);
    if (error.empty()) {
      plan.steps.push_back(std::move(step));
    } else {
      plan.errors.push_back({number, error});
    }
  }
  return plan;
}

}  // namespace closelab::lab
