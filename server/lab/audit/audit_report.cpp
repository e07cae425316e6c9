#include "server/lab/audit/audit_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "server/lab/audit/card.h"
#include "server/lab/json/picture_json.h"
#include "server/lab/page/markup_text.h"

namespace closelab::lab {
namespace {

Json judged_json(const std::vector<Judged>& judged) {
  Json array = Json::array();
  for (const Judged& one : judged)
    array.push_back(object({{"text", one.text}, {"seen", one.seen}, {"holds", one.holds ? Json(*one.holds) : Json()}}));
  return array;
}

Json exchange_json(const ExchangeEnd& end) {
  return object(
      {{"status", end.status}, {"bytes", end.bytes}, {"extent", to_string(end.extent)}, {"end", to_string(end.end)}});
}

Json passed_json(const std::optional<Passed>& passed) {
  if (!passed) return nullptr;
  return object({{"upstream", exchange_json(passed->upstream)},
                 {"front", exchange_json(passed->front)},
                 {"passage", to_string(passed->passage)},
                 {"requests", passed->requests}});
}

Json step_json(const PlayedStep& step) {
  const Reply& reply = step.reply;
  return object({{"text", step.text},
                 {"reply", to_string(reply.kind)},
                 {"status", reply.status ? Json(*reply.status) : Json()},
                 {"bytes", reply.bytes ? Json(*reply.bytes) : Json()},
                 {"error", reply.text},
                 {"took_ms", in_ms(step.done - step.begun)},
                 {"proxy", passed_json(step.passed)}});
}

Json scenario_json(const Graded& graded) {
  const Scenario& scenario = *graded.scenario;
  Json json = object({{"id", scenario.id},
                      {"title", scenario.title},
                      {"why", scenario.why},
                      {"section", scenario.section},
                      {"class", to_string(scenario.requirement)},
                      {"grade", to_string(graded.grade)},
                      {"reason", graded.reason},
                      {"by_word", graded.by_word},
                      {"plays", graded.plays},
                      {"good_plays", graded.good_plays},
                      {"given", judged_json(graded.given)},
                      {"expect", judged_json(graded.expect)},
                      {"steps", Json::array()},
                      {"connections", Json::array()}});
  for (const PlayedStep& step : graded.played.steps) json["steps"].push_back(step_json(step));
  for (const ConnectionRecord& record : graded.played.records) json["connections"].push_back(with_picture(record));
  return json;
}

std::string_view junit_element(Grade grade) {
  switch (grade) {
    case Grade::fail:
      return "failure";
    case Grade::harness_failed:
      return "error";
    case Grade::not_exercised:
    case Grade::not_applicable:
      return "skipped";
    default:
      return "";
  }
}

double seconds_taken(const Graded& graded) {
  double seconds = 0;
  for (const PlayedStep& step : graded.played.steps) seconds += in_ms(step.done - step.begun) / 1000;
  return seconds;
}

std::string test_case(const Graded& graded, const std::string& command) {
  const std::string_view element = junit_element(graded.grade);
  const std::string head = fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\"",
                                       markup_text(command), markup_text(graded.scenario->id), seconds_taken(graded));
  if (element.empty()) return head + "/>\n";
  return fmt::format("{}>\n      <{} message=\"{}\"/>\n    </testcase>\n", head, element, markup_text(graded.reason));
}

}  // namespace

Json audit_json(const AuditRun& run, const Outcome& outcome) {
  Json json =
      object({{"version", 1},
              {"kind", "audit"},
              {"facts",
               object({{"program", run.facts.program}, {"kernel", run.facts.kernel}, {"started", run.facts.started}})},
              {"client", object({{"command", run.client}, {"version", run.client_version}})},
              {"exit_code", outcome.exit_code()},
              {"outdated", outcome.outdated},
              {"matters", Json::array()},
              {"scenarios", Json::array()}});
  for (const Graded* fact : facts_that_matter(run.graded)) json["matters"].push_back(fact->scenario->id);
  for (const Graded& graded : run.graded) json["scenarios"].push_back(scenario_json(graded));
  return json;
}

std::string junit_xml(const AuditRun& run) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (const Requirement requirement :
       {Requirement::must, Requirement::should, Requirement::optimal, Requirement::info}) {
    std::string cases;
    std::map<std::string_view, std::size_t> counts;
    std::size_t total = 0;
    for (const Graded& graded : run.graded) {
      if (graded.scenario->requirement != requirement) continue;
      cases += test_case(graded, run.client);
      ++counts[junit_element(graded.grade)];
      ++total;
    }
    out += fmt::format(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n{}  </testsuite>\n",
        to_string(requirement), total, counts["failure"], counts["error"], counts["skipped"], cases);
  }
  return out + "</testsuites>\n";
}

}  // namespace closelab::lab
