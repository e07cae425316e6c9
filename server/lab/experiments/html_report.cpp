#include "server/lab/experiments/html_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "server/lab/experiments/claim_result.h"
#include "server/lab/experiments/html_experiment.h"
#include "server/lab/experiments/html_style.h"
#include "server/lab/experiments/html_text.h"

namespace closelab::lab {
namespace {

/// The policy has the browser refuse whatever is not in the file.
constexpr std::string_view head = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<title>How TCP connections end</title>
<style>)";

constexpr std::string_view how_to_read = R"(<section aria-labelledby="reading">
<h2 id="reading">How to read the pictures</h2>
<p>Time runs downwards, in milliseconds, one row for each moment; distances are not to scale. Every arrow is a captured
segment. It slopes where the network took time, ends in a cross where the network lost it, and starts in the middle where
the network delivered an old one again. What an application called or read stands between the arrows, on its side. The bars are the
TCP states that the kernel showed: from top to bottom beside the arrows, and once more below them, to scale.</p>
</section>
)";

std::string count_text(const std::vector<ExperimentResult>& results) {
  std::string text;
  for (const Conclusion conclusion :
       {Conclusion::confirmed, Conclusion::conditional, Conclusion::refuted, Conclusion::not_shown})
    if (const auto count = std::ranges::count(results, conclusion, &ExperimentResult::conclusion); count > 0)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, to_string(conclusion));
  return text;
}

std::string fact(std::string_view name, std::string_view value) {
  return fmt::format("<dt>{}</dt><dd>{}</dd>\n", name, value);
}

/// net.ipv4 as the experiments found it: a case that sets a value of its own says nothing about that one.
std::string sysctl_html(const std::vector<ExperimentResult>& results) {
  std::map<std::string, std::string> found;
  for (const ExperimentResult& result : results)
    for (const CaseResult& one : result.cases)
      for (const auto& [name, value] : one.outcome.sysctl)
        if (std::ranges::find(one.played->sysctl, name, &std::pair<std::string, std::string>::first) ==
            one.played->sysctl.end())
          found.emplace(name, value);
  std::string items;
  for (const auto& [name, value] : found)
    items += fmt::format("<li><code>{} = {}</code></li>\n", escaped(name), escaped(value));
  return items.empty() ? "" : fact("net.ipv4", fmt::format("<ul class=\"inline\">\n{}</ul>", items));
}

std::string facts_html(const std::vector<ExperimentResult>& results, const RunFacts& facts) {
  const auto expected = std::ranges::count_if(results, &ExperimentResult::as_expected);
  return "<dl>\n" + fact("Verdicts", count_text(results)) +
         fact("As expected", fmt::format("{} of {} experiments", expected, results.size())) +
         fact("Kernel", escaped(facts.kernel)) + fact("Played", escaped(facts.started)) +
         fact("With", escaped(facts.program)) + sysctl_html(results) + "</dl>\n";
}

std::string claim_row(const ClaimResult& result) {
  std::string links;
  for (const ExperimentResult* one : result.experiments)
    links += link_html(*one->experiment) + (one->conclusion == Conclusion::not_shown ? " (not shown)" : "");
  return fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td class=\"links\">{}</td></tr>\n",
                     escaped(result.claim->id), escaped(result.claim->text), badge_html(result.conclusion), links);
}

/// Experiments that are about no numbered claim.
std::string other_rows(const std::vector<ExperimentResult>& results) {
  std::string rows;
  for (const ExperimentResult& result : results)
    if (result.experiment->claims.empty())
      rows +=
          fmt::format("<tr><th scope=\"row\">&#8211;</th><td>{}</td><td>{}</td><td class=\"links\">{}</td></tr>\n",
                      escaped(result.experiment->claim), badge_html(result.conclusion), link_html(*result.experiment));
  return rows;
}

std::string claims_html(const std::vector<ExperimentResult>& results) {
  std::string rows;
  for (const ClaimResult& claim : judge_claims(results))
    if (!claim.experiments.empty()) rows += claim_row(claim);
  return "<section aria-labelledby=\"claims\">\n<h2 id=\"claims\">The claims</h2>\n<table "
         "class=\"claims\">\n<thead><tr>"
         "<th scope=\"col\">No.</th><th scope=\"col\">Textbooks say</th><th scope=\"col\">On this kernel</th>"
         "<th scope=\"col\">Experiments</th></tr></thead>\n<tbody>\n" +
         rows + other_rows(results) + "</tbody>\n</table>\n</section>\n";
}

}  // namespace

std::string html_report(const std::vector<ExperimentResult>& results, const RunFacts& facts) {
  std::string page = std::string(head) + std::string(html_style) + "</style>\n</head>\n<body>\n<header>\n";
  page +=
      "<h1>How TCP connections end</h1>\n<p class=\"lead\">What textbooks say about it, and what this machine did. "
      "Every verdict comes from packets captured and kernel state read in this run.</p>\n</header>\n<main>\n";
  page += facts_html(results, facts) + claims_html(results) + std::string(how_to_read);
  for (const ExperimentResult& result : results) page += experiment_html(result);
  return page + "</main>\n</body>\n</html>\n";
}

}  // namespace closelab::lab
