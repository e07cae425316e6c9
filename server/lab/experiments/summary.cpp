#include "server/lab/experiments/summary.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/lab/experiments/claim_result.h"
#include "server/lab/experiments/text_report.h"
#include "server/lab/settings/word_wrap.h"
#include "server/text/printable.h"

namespace closelab::lab {
namespace {

using server::TextLayout;

/// `true under a condition`.
constexpr std::size_t conclusion_width = 22;

/// What does not fit is cut: the whole stands above.
std::string one_line(Conclusion conclusion, const std::string& text, const TextLayout& layout) {
  const std::string word = fmt::format("{:<{}}", to_string(conclusion), conclusion_width);
  const std::size_t before = conclusion_width + 4;
  return fmt::format(
      "  {}  {}\n", in_color(conclusion, word, layout.style),
      server::cut_to(server::printable_text(text, layout.charset), layout.columns - std::min(layout.columns, before)));
}

std::string claims_text(const std::vector<ExperimentResult>& results, const TextLayout& layout) {
  std::string text;
  for (const ClaimResult& claim : judge_claims(results))
    if (!claim.experiments.empty())
      text += one_line(claim.conclusion, fmt::format("{:<5}{}", claim.claim->id, claim.claim->text), layout);
  for (const ExperimentResult& result : results)
    if (result.experiment->claims.empty())

      text +=
          one_line(result.conclusion, fmt::format("{}: {}", result.experiment->name, result.experiment->title), layout);
  return text;
}

/// Each reason once, with those whom it kept from being shown.
std::string not_shown_text(const std::vector<ExperimentResult>& results, const TextLayout& layout) {
  std::vector<std::pair<std::string, std::string>> by_reason;
  for (const ExperimentResult& result : results) {
    for (const CaseResult& one : result.cases) {
      if (one.outcome.not_shown.empty()) continue;
      const std::string name = fmt::format("{} ({})", result.experiment->name, one.number);
      const auto known =
          std::ranges::find(by_reason, one.outcome.not_shown, [](const auto& entry) { return entry.first; });
      if (known == by_reason.end())
        by_reason.emplace_back(one.outcome.not_shown, name);
      else
        known->second += ", " + name;
    }
  }
  std::string text;
  for (const auto& [reason, names] : by_reason)
    text += wrap(server::printable_text(fmt::format("not shown: {}: {}", names, reason), layout.charset), "  ",
                 layout.columns);
  return text;
}

std::string unexpected_text(const std::vector<ExperimentResult>& results, const TextLayout& layout) {
  std::string text;
  for (const ExperimentResult& result : results) {
    if (result.as_expected() || result.conclusion == Conclusion::not_shown) continue;
    const Experiment& experiment = *result.experiment;
    text += wrap(server::printable_text(fmt::format("unexpected: {} says \"{}\", and came out \"{}\"", experiment.name,
                                                    to_string(experiment.conclusion), to_string(result.conclusion)),
                                        layout.charset),
                 "  ", layout.columns);
  }
  return text;
}

}  // namespace

std::string summary(const std::vector<ExperimentResult>& results, const TextLayout& layout) {
  const auto expected = std::ranges::count_if(results, &ExperimentResult::as_expected);
  return fmt::format(
      "{}\nSummary\n{}{}{}{}", std::string(std::min<std::size_t>(layout.columns, 100), '='),
      claims_text(results, layout), not_shown_text(results, layout), unexpected_text(results, layout),
      wrap(fmt::format("{} of {} experiments came out as expected", expected, results.size()), "", layout.columns));
}

}  // namespace closelab::lab
