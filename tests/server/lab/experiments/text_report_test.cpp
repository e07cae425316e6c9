#include "server/lab/experiments/text_report.h"

#include <doctest/doctest.h>

#include <sstream>

#include "server/lab/experiments/summary.h"
#include "server/text/printable.h"

namespace closelab::lab {
namespace {

using server::Charset;
using server::TextLayout;

/// One case, of an experiment whose texts are long and hostile.
struct Played {
  Experiment experiment{.name = "hostile",
                        .title = "A title\x1b[2J that \xe2\x80\xae turns, and takes more than forty columns",
                        .claims = {"B5"},
                        .claim = "A claim that takes more than forty columns, whatever it says, \x07 and rings.",
                        .explanation = "Because of what is explained here at some length.",
                        .rfc = "RFC 9293",
                        .cases = {{.when = "it is so"}}};
  ExperimentResult result{.experiment = &experiment};

  Played() {
    CaseResult one{.played = &experiment.cases[0], .number = 1};
    one.claim = {{.text = "client.result = a rather long value that nothing fits beside",
                  .seen = "another value that is quite as long as the first one",
                  .holds = false}};
    one.outcome.picture.rungs = {{.kind = server::RungKind::call, .text = "close()"}};
    result.cases = {one};
    result.conclusion = Conclusion::refuted;
  }
};

void check_fits(const std::string& text, std::size_t columns) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    CHECK(server::columns_of(line) <= columns);
  }
}

TEST_CASE("a report fits its columns, and nothing from a file steers the terminal") {
  const Played played;
  for (const std::size_t columns : {40U, 80U, 120U}) {
    for (const std::string& text : {text_report(played.result, {.columns = columns}),
                                    summary({played.result}, {.columns = columns, .charset = Charset::ascii}),
                                    summary(std::vector(10, played.result), {.columns = columns}),
                                    experiment_list({played.experiment}, {.line_columns = columns})}) {
      CAPTURE(text);
      check_fits(text, columns);
      CHECK(text.find('\x1b') == std::string::npos);
      CHECK(text.find('\x07') == std::string::npos);
      CHECK(text.find("\xe2\x80\xae") == std::string::npos);
    }
  }
  CHECK(experiment_list({played.experiment}, {}).find('\x1b') == std::string::npos);
}

TEST_CASE("the list: a title beside its experiment, below it where there is no room") {
  const Experiment experiment{.name = "mine", .title = "How a port has to rest", .claims = {"A1", "B2"}};
  CHECK(experiment_list({experiment}, {}) == "mine                      A1,B2   How a port has to rest\n");
  CHECK(experiment_list({experiment}, {.line_columns = 40}) ==
        "mine                      A1,B2\n    How a port has to rest\n");
}

TEST_CASE("the summary: claims and experiments about none, what was not shown, what is unexpected") {
  Played about_claim;
  Played about_none;
  about_none.experiment.name = "mine";
  about_none.experiment.claims.clear();
  about_none.result.conclusion = Conclusion::not_shown;
  about_none.result.cases[0].outcome.not_shown = "no network";
  CHECK(summary({about_claim.result, about_none.result}, {.columns = 76, .charset = Charset::ascii}) ==
        std::string(76, '=') +
            "\nSummary\n"
            "  refuted                 B5   the end that closes first enters TIME_WAIT...\n"
            "  not shown               mine: A title\\x1b[2J that \\xe2\\x80\\xae turns, a...\n"
            "  not shown: mine (1): no network\n"
            "  unexpected: hostile says \"confirmed\", and came out \"refuted\"\n"
            "0 of 2 experiments came out as expected\n");
}

}  // namespace
}  // namespace closelab::lab
