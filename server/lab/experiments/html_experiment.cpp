#include "server/lab/experiments/html_experiment.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "server/lab/experiments/html_ladder.h"
#include "server/lab/experiments/html_text.h"
#include "server/lab/experiments/html_timeline.h"

namespace closelab::lab {
namespace {

/// More steps are folded up.
constexpr std::size_t many_steps = 12;

std::string_view style_of(Conclusion conclusion) {
  switch (conclusion) {
    case Conclusion::confirmed:
      return "confirmed";
    case Conclusion::refuted:
      return "refuted";
    case Conclusion::conditional:
      return "conditional";
    case Conclusion::not_shown:
      break;
  }
  return "not-shown";
}

std::string case_id(const Experiment& experiment, const CaseResult& result) {
  return fmt::format("{}-case-{}", anchor(experiment.name), result.number);
}

/// What the claim predicts and what was seen instead: `close.segments = 4; seen: 3`.
std::string contradiction(const CaseResult& result) {
  std::string text;
  for (const Judged& one : result.claim)
    if (one.holds == false)
      text += fmt::format("<br/><code>{}</code> is predicted; seen: {}", escaped(one.text), escaped(one.seen));
  return text;
}

/// The cases in which what the claim predicts did happen, or did not.
std::string cases_html(const ExperimentResult& result, bool agreeing) {
  std::string items;
  for (const CaseResult& one : result.cases)
    if (!one.claim.empty() && one.outcome.not_shown.empty() && one.agrees() == agreeing)
      items += fmt::format("<li>when <a href=\"#{}\">{}</a>{}</li>\n", case_id(*result.experiment, one),
                           escaped(one.played->when), contradiction(one));
  return items.empty() ? "" : fmt::format("<dt>{}</dt><dd><ul>\n{}</ul></dd>\n", agreeing ? "True" : "Not true", items);
}

std::string unseen_html(const ExperimentResult& result) {
  std::string items;
  for (const CaseResult& one : result.cases)
    if (!one.outcome.not_shown.empty())
      items += fmt::format("<li>when {}: {}</li>\n", escaped(one.played->when), escaped(one.outcome.not_shown));
  return items.empty() ? "" : fmt::format("<dt>Not shown</dt><dd><ul>\n{}</ul></dd>\n", items);
}

std::string conclusion_html(const ExperimentResult& result) {
  const Experiment& experiment = *result.experiment;
  std::string text = fmt::format("<dl>\n<dt>Verdict</dt><dd>{}</dd>\n", badge_html(result.conclusion));
  text += cases_html(result, true) + cases_html(result, false) + unseen_html(result);
  text += fmt::format("<dt>Why</dt><dd>{}</dd>\n<dt>Source</dt><dd>{}</dd>\n</dl>\n", escaped(experiment.explanation),
                      escaped(experiment.rfc));
  if (!result.as_expected())
    text += fmt::format(
        "<p class=\"warning\">Unexpected: {} says \"{}\". Compare what it expects with what was seen below.</p>\n",
        escaped(experiment.name), to_string(experiment.conclusion));
  return text;
}

std::string setting_html(std::string_view name, std::string_view value) {
  return fmt::format("<li><code>{} = {}</code></li>\n", escaped(name), escaped(value));
}

/// Where the case departs from defaults: the network, the server's settings, the kernel's.
std::string conditions_html(const Case& played) {
  std::string items;
  if (played.network.hosts == Hosts::two)
    items += played.network.delay.count() == 0
                 ? "<li>two hosts</li>\n"
                 : fmt::format("<li>two hosts, {} ms from one to the other</li>\n", played.network.delay.count());
  const Settings defaults;
  for (const Setting& setting : schema())
    if (const std::string value = setting.get(played.server); value != setting.get(defaults))
      items += setting_html(setting.key, value);
  for (const auto& [name, value] : played.sysctl) items += setting_html("net.ipv4." + name, value);
  return items.empty() ? "" : fmt::format("<ul class=\"inline\">\n{}</ul>\n", items);
}

std::string figure_html(const CaseResult& result, const std::string& id) {
  const server::Picture& picture = result.outcome.picture;
  if (!result.played->picture || picture.rungs.empty()) return "";
  return fmt::format(
      "<figure class=\"scroll\" tabindex=\"0\" aria-label=\"Ladder and states of case {}\">\n{}{}</figure>\n",
      result.number, ladder_svg(picture, id + "-ladder"), timeline_svg(picture, id + "-states"));
}

std::string judged_row(const Judged& one, std::string_view kind, std::string_view yes, std::string_view no) {
  const bool holds = one.holds.value_or(false);
  const std::string_view word = !one.is_visible() ? "can't be seen here" : holds ? yes : no;
  const std::string_view style = !one.is_visible() ? "" : holds ? "yes" : "no";
  return fmt::format(
      "<tr><th scope=\"row\"><code>{}</code></th><td>{}</td><td>{}</td><td><span class=\"badge "
      "{}\">{}</span></td></tr>\n",
      escaped(one.text), kind, escaped(one.seen), style, word);
}

std::string judged_html(const CaseResult& result) {
  std::string rows;
  for (const Judged& one : result.given) rows += judged_row(one, "the situation", "came about", "did not come about");
  for (const Judged& one : result.claim) rows += judged_row(one, "the claim", "happens", "does not happen");
  for (const Judged& one : result.expect) rows += judged_row(one, "the experiment", "seen", "not seen");
  if (rows.empty()) return "";
  return "<table class=\"judged\">\n<thead><tr><th scope=\"col\">Expected</th><th scope=\"col\">by</th>"
         "<th scope=\"col\">Seen</th><th scope=\"col\">Result</th></tr></thead>\n<tbody>\n" +
         rows + "</tbody>\n</table>\n";
}

/// The play, step by step, and what each step gave to its application.
std::string transcript_html(const std::vector<std::string>& transcript) {
  if (transcript.empty()) return "";
  const std::string steps = escaped(fmt::format("{}", fmt::join(transcript, "\n")));
  if (transcript.size() > many_steps)
    return fmt::format(
        "<details><summary>What the applications did and saw, step by step</summary>\n<pre>{}</pre></details>\n",
        steps);
  return fmt::format("<p class=\"label\">What the applications did and saw</p>\n<pre>{}</pre>\n", steps);
}

std::string claims_text(const Experiment& experiment) {
  if (experiment.claims.empty()) return "";
  return fmt::format(", claim{} {}", experiment.claims.size() == 1 ? "" : "s", fmt::join(experiment.claims, ", "));
}

std::string case_html(const Experiment& experiment, const CaseResult& result) {
  const std::string id = case_id(experiment, result);
  std::string text = fmt::format(
      "<section aria-labelledby=\"{0}\">\n<h3 id=\"{0}\"><span class=\"number\">Case {1}:</span> {2}</h3>\n{3}", id,
      result.number, escaped(result.played->when), conditions_html(*result.played));
  const CaseOutcome& outcome = result.outcome;
  if (!outcome.not_shown.empty())
    return text + fmt::format("<p class=\"warning\">Not shown: {}</p>\n</section>\n", escaped(outcome.not_shown));
  if (!outcome.limits.empty()) text += fmt::format("<p class=\"warning\">Played {}</p>\n", escaped(outcome.limits));
  if (result.plays > 1)
    text += fmt::format("<p class=\"label\">Played {} times, until its situation came about</p>\n", result.plays);
  return text + figure_html(result, id) + judged_html(result) + transcript_html(outcome.transcript) + "</section>\n";
}

}  // namespace

std::string badge_html(Conclusion conclusion) {
  return fmt::format("<span class=\"badge {}\">{}</span>", style_of(conclusion), to_string(conclusion));
}

std::string link_html(const Experiment& experiment) {
  return fmt::format("<a href=\"#{}\">{}</a>", anchor(experiment.name), escaped(experiment.title));
}

std::string experiment_html(const ExperimentResult& result) {
  const Experiment& experiment = *result.experiment;
  std::string text = fmt::format(
      "<article aria-labelledby=\"{0}\">\n<h2 id=\"{0}\">{1}</h2>\n<p class=\"label\"><code>{2}</code>{3}</p>\n"
      "<p class=\"label\">The claim, as textbooks state it</p>\n<blockquote><p>{4}</p></blockquote>\n",
      anchor(experiment.name), escaped(experiment.title), escaped(experiment.name), escaped(claims_text(experiment)),
      escaped(experiment.claim));
  text += conclusion_html(result);
  for (const CaseResult& one : result.cases) text += case_html(experiment, one);
  return text + "</article>\n";
}

}  // namespace closelab::lab
