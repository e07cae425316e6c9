#include "server/lab/audit/scenario_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "server/lab/audit/observations.h"
#include "server/lab/settings/toml_reader.h"
#include "server/lab/settings/toml_text.h"

namespace closelab::lab {
namespace {

constexpr std::array<std::pair<std::string_view, Requirement>, 4> requirement_names{{
    {"must", Requirement::must},
    {"should", Requirement::should},
    {"optimal", Requirement::optimal},
    {"info", Requirement::info},
}};

class ScenarioReader : public TomlReader {
 public:
  explicit ScenarioReader(const std::string& file) : TomlReader(file) {}

  Scenario read(const toml::table& table) {
    check_keys(table, {"title", "why", "section", "class", "weight", "server", "host", "plan", "tries", "alone",
                       "given", "expect", "good", "bad"});
    Scenario scenario{.id = std::filesystem::path(file()).stem().string(),
                      .title = text(table, "title"),
                      .why = text(table, "why"),
                      .section = text(table, "section"),
                      .requirement = read_requirement(table),
                      .weight = read_number(table, "weight", 9),
                      .server = defaults(),
                      .host = text_or(table, "host", "127.0.0.1"),
                      .plan = read_plan(table),
                      .tries = read_number(table, "tries", 100),
                      .alone = flag(table, "alone", false),
                      .good = text(table, "good"),
                      .bad = text(table, "bad")};
    if (const toml::table* server = table["server"].as_table()) read_server(*server, scenario.server);
    const AuditVocabulary vocabulary(steps_of_client(scenario).size());
    scenario.given = read_expectations(table, "given", vocabulary);
    scenario.expect = read_expectations(table, "expect", vocabulary);
    if (scenario.expect.empty()) refuse(table, "expect is missing: without it nothing can be told");
    for (const char* key : {"good", "bad"}) check_template(table, key, vocabulary);
    return scenario;
  }

 private:
  /// What a scenario does not say is as in `closelab serve`, but that idle connections live for longer than it lasts.
  static Settings defaults() {
    constexpr std::chrono::seconds longer_than_a_scenario{60};
    Settings settings;
    settings.options.timeouts.idle_timeout = longer_than_a_scenario;
    return settings;
  }

  Requirement read_requirement(const toml::table& table) {
    const std::string word = text(table, "class");
    const auto* found = std::ranges::find(requirement_names, word, &std::pair<std::string_view, Requirement>::first);
    if (found != requirement_names.end()) return found->second;
    if (const toml::node* node = table.get("class")) refuse(*node, "class is must, should, optimal or info");
    return Requirement::info;
  }

  unsigned read_number(const toml::table& table, std::string_view key, std::int64_t most) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return 1;
    const std::int64_t number = node->value_or(std::int64_t{0});
    if (number < 1 || number > most) refuse(*node, fmt::format("{} is a number from 1 to {}", key, most));
    return static_cast<unsigned>(number);
  }

  std::vector<PlanStep> read_plan(const toml::table& table) {
    const std::string script = text(table, "plan");
    const toml::node* node = table.get("plan");
    if (node == nullptr) return {};
    ParsedPlan parsed = parse_plan(script, first_line_of(*node, script));
    for (const PlanError& error : parsed.errors) refuse(error.line, 1, error.what);
    if (parsed.errors.empty() && std::ranges::none_of(parsed.steps, is_clients, &PlanStep::kind))
      refuse(*node, "the client has nothing to do in this plan");
    return std::move(parsed.steps);
  }

  std::vector<Expectation> read_expectations(const toml::table& table, std::string_view key,
                                             const AuditVocabulary& vocabulary) {
    std::vector<Expectation> result;
    for (const auto& [text, node] : strings(table, key)) {
      std::string error;
      result.push_back(vocabulary.parse(text, error));
      if (!error.empty()) refuse(*node, error);
    }
    return result;
  }

  /// A name that stands for no observation would be printed as it is.
  void check_template(const toml::table& table, std::string_view key, const AuditVocabulary& vocabulary) {
    for (const std::string& name : names_in_template(table[key].value_or(std::string())))
      if (!vocabulary.knows(name)) refuse(*table.get(key), vocabulary.unknown_name(name));
  }
};

}  // namespace

std::string_view to_string(Requirement requirement) {
  return std::ranges::find(requirement_names, requirement, &std::pair<std::string_view, Requirement>::second)->first;
}

std::vector<PlanStep> steps_of_client(const Scenario& scenario) {
  std::vector<PlanStep> steps;
  std::ranges::copy_if(scenario.plan, std::back_inserter(steps), is_clients, &PlanStep::kind);
  return steps;
}

Scenario parse_scenario(std::string_view toml, const std::string& file) {
  ScenarioReader reader(file);
  Scenario scenario = reader.read(parse_toml(toml, file));
  reader.throw_errors();
  return scenario;
}

Scenario read_scenario(const std::string& file) { return parse_scenario(read_toml_file(file), file); }

}  // namespace closelab::lab
