#include "server/lab/experiments/html_report.h"

#include <doctest/doctest.h>

#include "server/lab/experiments/claim_result.h"

namespace closelab::lab {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

Experiment experiment(std::string name, std::vector<std::string> claims) {
  return {.name = std::move(name),
          .title = "A <title>",
          .claims = std::move(claims),
          .claim = "\"Nothing\" & more",
          .explanation = "because",
          .rfc = "RFC 9293",
          .conclusion = Conclusion::confirmed,
          .cases = {{.when = "it <rains>"}, {.when = "it shines"}}};
}

ExperimentResult result_of(const Experiment& experiment, Conclusion conclusion) {
  ExperimentResult result{.experiment = &experiment, .conclusion = conclusion};
  result.cases.push_back({.played = &experiment.cases[0], .number = 1});
  result.cases[0].claim = {{.text = "time_wait = <server>", .seen = "<none>", .holds = false}};
  result.cases[0].outcome.transcript = {"client get /?a&b: ok"};
  result.cases[0].outcome.sysctl = {{"tcp_tw_reuse", "2"}};
  result.cases.push_back({.played = &experiment.cases[1], .number = 2});
  result.cases[1].outcome.not_shown = "no <network>";
  return result;
}

TEST_CASE("a claim's conclusion follows from its experiments") {
  using enum Conclusion;
  struct Row {
    std::vector<Conclusion> experiments;
    Conclusion expected;
  };
  const Row rows[] = {
      {{}, not_shown},
      {{confirmed}, confirmed},
      {{refuted, refuted}, refuted},
      {{confirmed, refuted}, conditional},
      {{not_shown, not_shown}, not_shown},
  };
  const Experiment about = experiment("x", {"B5"});
  const Experiment about_another = experiment("y", {"C1"});
  for (const Row& row : rows) {
    std::vector<ExperimentResult> results{{.experiment = &about_another, .conclusion = confirmed}};
    for (const Conclusion conclusion : row.experiments)
      results.push_back({.experiment = &about, .conclusion = conclusion});
    for (const ClaimResult& claim : judge_claims(results)) {
      if (claim.claim->id != "B5") continue;
      CHECK(claim.conclusion == row.expected);
      CHECK(claim.experiments.size() == row.experiments.size());
    }
  }
}

TEST_CASE("what the page says, and that all of it is escaped") {
  const Experiment numbered = experiment("a b", {"B5"});
  const Experiment other = experiment("other", {});
  const std::vector<ExperimentResult> results{result_of(numbered, Conclusion::refuted),
                                              result_of(other, Conclusion::not_shown)};
  const std::string page = html_report(results, {.program = "closelab 1", .kernel = "Linux <6>", .started = "today"});
  for (const std::string_view part :
       {"Linux &lt;6&gt;", "today", "closelab 1", "1 refuted, 1 not shown", "0 of 2 experiments",
        "<code>tcp_tw_reuse = 2</code>", "<th scope=\"row\">B5</th>", "<span class=\"badge refuted\">refuted</span>",
        "<a href=\"#a-b\">A &lt;title&gt;</a>", "<h2 id=\"a-b\">A &lt;title&gt;</h2>", "<h2 id=\"other\">",
        "&quot;Nothing&quot; &amp; more", "it &lt;rains&gt;", "RFC 9293", "client get /?a&amp;b: ok",
        "<code>time_wait = &lt;server&gt;</code> is predicted; seen: &lt;none&gt;",
        "<span class=\"badge no\">does not happen</span>", "Not shown: no &lt;network&gt;", "Unexpected: a b says"})
    CHECK_MESSAGE(has(page, part), part);
  for (const std::string_view part : {"A <title>", "<rains>", "<none>", "<network>", "B6</th>"})
    CHECK_MESSAGE(!has(page, part), part);
}

}  // namespace
}  // namespace closelab::lab
