#include "server/lab/experiments/text_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/lab/experiments/claim_result.h"
#include "server/lab/experiments/ladder_text.h"
#include "server/lab/settings/word_wrap.h"

namespace closelab::lab {
namespace {

constexpr std::size_t columns = 100;
/// Of headings.
constexpr std::size_t indent = 13;

std::string painted(std::string_view text, const char* color, TextStyle paint) {
  return paint == TextStyle::plain ? std::string(text) : fmt::format("\x1b[{}m{}\x1b[0m", color, text);
}

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
std::string paragraph(std::string_view heading, std::string_view text) {
  std::string block = wrap(text, std::string(indent, ' '), columns);
  block.replace(0, indent, fmt::format("{:<{}}", heading, indent));
  return block;
}

std::string judged_lines(std::string_view heading, const std::vector<Judged>& judged, std::string_view yes,
                         std::string_view no, TextStyle paint) {
  std::string lines;
  for (const Judged& one : judged) {
    const bool holds = one.holds.value_or(false);
    const bool says_more = !one.text.ends_with("= " + one.seen) && one.seen != not_seen;
    const std::string seen = says_more ? ": " + one.seen : "";
    const std::string_view word = !one.is_visible() ? "can't be seen here" : holds ? yes : no;
    lines += fmt::format("   {:<9} {:<44} {}{}\n", heading, one.text, painted(word, holds ? "32" : "31", paint), seen);
    heading = "";
  }
  return lines;
}

std::string case_text(const CaseResult& result, TextStyle paint) {
  std::string text = fmt::format("\n{}. {}\n\n", result.number, result.played->when);
  if (!result.outcome.not_shown.empty()) return text + paragraph("   not shown", result.outcome.not_shown);
  if (result.played->picture) text += ladder_text(result.outcome.picture, paint) + '\n';
  if (!result.outcome.limits.empty()) text += paragraph("   played", result.outcome.limits);
  if (result.plays > 1) text += paragraph("   played", fmt::format("{} times, until this came about:", result.plays));
  text += judged_lines("given", result.given, "came about", "DID NOT COME ABOUT", paint);
  text += judged_lines("predicted", result.claim, "happens", "does not happen", paint);
  text += judged_lines("also", result.expect, "seen", "NOT SEEN", paint);
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

std::string conclusion_text(const ExperimentResult& result, TextStyle paint) {
  const std::string yes = list_of(result.cases, true);
  const std::string no = list_of(result.cases, false);
  std::string text = fmt::format("\n{:<{}}{}\n", "Verdict", indent,
                                 painted(upper(to_string(result.conclusion)), color_of(result.conclusion), paint));
  if (result.conclusion == Conclusion::not_shown) return text;
  if (!yes.empty()) text += paragraph("True", "when " + yes);
  if (!no.empty()) text += paragraph("Not true", "when " + no);
  return text;
}

}  // namespace

std::string text_report(const ExperimentResult& result, TextStyle paint) {
  const Experiment& experiment = *result.experiment;
  std::string text = fmt::format("{}\n{}   {}\n\n", std::string(columns, '='), painted(experiment.title, "1", paint),
                                 fmt::join(experiment.claims, ", "));
  text += paragraph("Claim", experiment.claim);
  for (const CaseResult& one : result.cases) text += case_text(one, paint);
  text += conclusion_text(result, paint);
  text += paragraph("Why", fmt::format("{} ({})", experiment.explanation, experiment.rfc));
  if (!result.as_expected())
    text += paragraph("Unexpected", fmt::format("{} says \"{}\"; compare what it expects with what was seen above",
                                                experiment.name, to_string(experiment.conclusion)));
  return text + '\n';
}

std::string claims_table(const std::vector<ExperimentResult>& results) {
  std::string text;
  for (const ClaimResult& result : judge_claims(results)) {
    std::string names;
    for (const ExperimentResult* one : result.experiments)
      names += (names.empty() ? "" : ", ") + one->experiment->name +
               (one->conclusion == Conclusion::not_shown ? " (not shown)" : "");
    std::string block = wrap(result.claim->text, std::string(5, ' '), 72);
    block.replace(0, 5, fmt::format("{:<5}", result.claim->id));
    text += block + fmt::format("     {:<24}{}\n", to_string(result.conclusion), names);
  }
  return text;
}

std::string experiment_list(const std::vector<Experiment>& experiments) {
  std::string text;
  for (const Experiment& experiment : experiments)
    text += fmt::format("{:<26}{:<8}{}\n", experiment.name, fmt::format("{}", fmt::join(experiment.claims, ",")),
                        experiment.title);
  return text;
}

}  // namespace closelab::lab
