#include "server/lab/experiments/text_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/lab/experiments/claim_result.h"
#include "server/lab/settings/word_wrap.h"
#include "server/record/ladder.h"
#include "server/text/printable.h"

namespace closelab::lab {
namespace {

using server::TextLayout;
using server::TextStyle;

/// Wider paragraphs are hard to read.
constexpr std::size_t widest = 100;
/// How far text stands from its heading's edge.
constexpr std::size_t indent = 13;
/// So much of a title at least stands beside its experiment's name; where there is less room it stands below.
constexpr std::size_t fewest_beside = 30;
/// An expectation's width, where what came of it stands beside it.
constexpr int judged_width = 36;

std::string painted(std::string_view text, const char* color, TextStyle style) {
  return style == TextStyle::plain ? std::string(text) : fmt::format("\x1b[{}m{}\x1b[0m", color, text);
}

std::size_t columns_in(const TextLayout& layout) { return std::min(layout.columns, widest); }

const char* color_of(Conclusion conclusion) {
  switch (conclusion) {
    case Conclusion::confirmed:
      return "1;32";
    case Conclusion::refuted:
      return "1;31";
    case Conclusion::conditional:
      return "1;33";
    case Conclusion::not_shown:
      break;
  }
  return "1";
}

std::string upper(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return result;
}

/// `heading` once, and the text beside it.
std::string paragraph(std::string_view heading, std::string_view text, const TextLayout& layout) {
  const std::string safe = server::printable_text(text, layout.charset);
  std::string block = wrap(safe, std::string(indent, ' '), columns_in(layout));
  block.replace(0, indent, fmt::format("{:<{}}", heading, indent));
  return block;
}

/// What is to be said of one expectation: whether it holds, and what was seen when that is more.
struct Answer {
  std::string_view word;
  const char* color;
  std::string seen;
};

/// The expectation and its answer side by side, or below each other where they don't fit.
std::string judged_line(std::string_view heading, std::string_view text, const Answer& answer,
                        const TextLayout& layout) {
  const std::size_t columns = columns_in(layout);
  const std::string word = painted(answer.word, answer.color, layout.style);
  const std::string left = fmt::format("{:<{}}{:<{}} ", heading, indent, text, judged_width);
  if (left.size() + answer.word.size() + answer.seen.size() <= columns) return left + word + answer.seen + '\n';
  std::string lines = paragraph(heading, text, layout);
  const std::string further(indent + 2, ' ');
  if (further.size() + answer.word.size() + answer.seen.size() <= columns)
    return lines + further + word + answer.seen + '\n';
  return lines + further + word + '\n' +
         wrap(answer.seen.substr(std::min<std::size_t>(2, answer.seen.size())), further, columns);
}

std::string judged_lines(std::string_view heading, const std::vector<Judged>& judged, std::string_view yes,
                         std::string_view no, const TextLayout& layout) {
  std::string lines;
  for (const Judged& one : judged) {
    const bool holds = one.holds.value_or(false);
    const bool says_more = !one.text.ends_with("= " + one.seen) && one.seen != not_seen;
    const Answer answer{!one.is_visible() ? "can't be seen here"
                        : holds           ? yes
                                          : no,
                        holds ? "32" : "31", says_more ? ": " + server::printable_text(one.seen, layout.charset) : ""};
    lines += judged_line(heading, server::printable_text(one.text, layout.charset), answer, layout);
    heading = "";
  }
  return lines;
}

std::string case_text(const CaseResult& result, const TextLayout& layout) {
  const std::string when = server::printable_text(result.played->when, layout.charset);
  std::string text = '\n' + wrap(fmt::format("{}. {}", result.number, when), "", columns_in(layout)) + '\n';
  if (!result.outcome.not_shown.empty()) return text + paragraph("   not shown", result.outcome.not_shown, layout);
  if (result.played->picture) text += server::ladder(result.outcome.picture, layout) + '\n';
  if (!result.outcome.limits.empty()) text += paragraph("   played", result.outcome.limits, layout);
  if (result.plays > 1)
    text += paragraph("   played", fmt::format("{} times, until this came about:", result.plays), layout);
  text += judged_lines("   given", result.given, "came about", "DID NOT COME ABOUT", layout);
  text += judged_lines("   predicted", result.claim, "happens", "does not happen", layout);
  text += judged_lines("   also", result.expect, "seen", "NOT SEEN", layout);
  return text;
}

std::string list_of(const std::vector<CaseResult>& cases, bool agreeing) {
  std::string list;
  for (const CaseResult& result : cases) {
    if (result.claim.empty() || result.agrees() != agreeing) continue;
    list += (list.empty() ? "" : "; ") + result.played->when;
  }
  return list;
}

std::string conclusion_text(const ExperimentResult& result, const TextLayout& layout) {
  const std::string yes = list_of(result.cases, true);
  const std::string no = list_of(result.cases, false);
  std::string text = fmt::format("\n{:<{}}{}\n", "Verdict", indent,
                                 in_color(result.conclusion, upper(to_string(result.conclusion)), layout.style));
  if (result.conclusion == Conclusion::not_shown) return text;
  if (!yes.empty()) text += paragraph("True", "when " + yes, layout);
  if (!no.empty()) text += paragraph("Not true", "when " + no, layout);
  return text;
}

}  // namespace

std::string in_color(Conclusion conclusion, std::string_view text, TextStyle style) {
  return painted(text, color_of(conclusion), style);
}

std::string text_report(const ExperimentResult& result, const TextLayout& layout) {
  const Experiment& experiment = *result.experiment;
  std::string title = wrap(server::printable_text(experiment.title, layout.charset), "", columns_in(layout));
  if (title.ends_with('\n')) title.pop_back();
  std::string text = std::string(columns_in(layout), '=') + '\n' + painted(title, "1", layout.style) + "\n\n";
  if (!experiment.claims.empty())
    text += paragraph("Of claims", fmt::format("{}", fmt::join(experiment.claims, ", ")), layout);
  text += paragraph("Claim", experiment.claim, layout);
  for (const CaseResult& one : result.cases) text += case_text(one, layout);
  text += conclusion_text(result, layout);
  text += paragraph("Why", fmt::format("{} ({})", experiment.explanation, experiment.rfc), layout);
  if (!result.as_expected())
    text += paragraph("Unexpected",
                      fmt::format("{} says \"{}\"; compare what it expects with what was seen above", experiment.name,
                                  to_string(experiment.conclusion)),
                      layout);
  return text + '\n';
}

std::string claims_table(const std::vector<ExperimentResult>& results, const TextLayout& layout) {
  std::string text;
  for (const ClaimResult& result : judge_claims(results)) {
    std::string names;
    for (const ExperimentResult* one : result.experiments)
      names += (names.empty() ? "" : ", ") + one->experiment->name +
               (one->conclusion == Conclusion::not_shown ? " (not shown)" : "");
    std::string block = wrap(result.claim->text, std::string(5, ' '), std::min<std::size_t>(columns_in(layout), 72));
    block.replace(0, 5, fmt::format("{:<5}", result.claim->id));
    text += block +
            fmt::format("     {:<24}{}\n", to_string(result.conclusion), server::printable_text(names, layout.charset));
  }
  return text;
}

std::string experiment_list(const std::vector<Experiment>& experiments, const TextLayout& layout) {
  std::string text;
  for (const Experiment& experiment : experiments) {
    const std::string claims = fmt::format("{}", fmt::join(experiment.claims, ","));
    const std::string name = server::printable_text(fmt::format("{:<26}{}", experiment.name, claims), layout.charset);
    const std::string first = fmt::format("{:<34}", name);
    const std::string title = server::printable_text(experiment.title, layout.charset);
    if (first.size() + fewest_beside <= layout.line_columns)
      text += wrap(title, std::string(first.size(), ' '), layout.line_columns).replace(0, first.size(), first);
    else
      text += name + '\n' + wrap(title, "    ", layout.line_columns);
  }
  return text;
}

}  // namespace closelab::lab
