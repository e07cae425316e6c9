#include "server/lab/experiments/experiment_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "server/lab/experiments/claims.h"
#include "server/lab/settings/toml_reader.h"
#include "server/lab/settings/toml_text.h"
#include "server/text/quantity.h"

namespace closelab::lab {
namespace {

/// Reads one experiment and collects what is wrong with it. What stands above the cases holds for each case that does
/// not say otherwise.
class ExperimentReader : public TomlReader {
 public:
  explicit ExperimentReader(const std::string& file) : TomlReader(file) {}

  Experiment read(const toml::table& table) {
    check_keys(table, {"title", "claims", "claim", "conclusion", "explanation", "rfc", "case", "server", "network",
                       "sysctl", "play", "expect"});
    Experiment experiment{.name = std::filesystem::path(file()).stem().string(),
                          .title = text(table, "title"),
                          .claims = read_claims(table),
                          .claim = text(table, "claim"),
                          .explanation = text(table, "explanation"),
                          .rfc = text(table, "rfc"),
                          .conclusion = read_conclusion(table)};
    const toml::array* cases = table["case"].as_array();
    if (cases == nullptr || cases->empty()) refuse(table, "an experiment has at least one [[case]]");
    if (cases != nullptr) {
      for (const toml::node& node : *cases)
        if (const toml::table* one = node.as_table()) experiment.cases.push_back(read_case(table, *one));
    }
    return experiment;
  }

 private:
  std::vector<std::string> read_claims(const toml::table& table) {
    std::vector<std::string> result;
    for (const auto& [id, node] : strings(table, "claims")) {
      if (find_claim(id) == nullptr) refuse(*node, fmt::format("there is no claim {}; they are A1 to C10", id));
      result.push_back(id);
    }
    return result;
  }

  Conclusion read_conclusion(const toml::table& table) {
    const std::string word = text(table, "conclusion");
    for (const Conclusion conclusion : {Conclusion::confirmed, Conclusion::refuted, Conclusion::conditional})
      if (to_string(conclusion) == word) return conclusion;
    if (const toml::node* node = table.get("conclusion"))
      refuse(*node, "conclusion is \"confirmed\", \"refuted\" or \"true under a condition\"");
    return Conclusion::confirmed;
  }

  Case read_case(const toml::table& all, const toml::table& table) {
    check_keys(table, {"when", "server", "network", "sysctl", "play", "given", "claim", "expect", "slow", "picture"});
    Case result{.when = text(table, "when")};
    for (const toml::table* level : {&all, &table}) {
      if (const toml::table* server = (*level)["server"].as_table()) read_server(*server, result.server);
      if (const toml::table* network = (*level)["network"].as_table()) read_network(*network, result.network);
      if (const toml::table* sysctl = (*level)["sysctl"].as_table()) read_sysctl(*sysctl, result.sysctl);
    }
    const toml::table& with_play = table.contains("play") ? table : all;
    result.play = read_play(with_play);
    const Vocabulary vocabulary(actors_of(result.play));
    read_expectations(table, "given", vocabulary, result.given);
    read_expectations(table, "claim", vocabulary, result.claim);
    read_expectations(all, "expect", vocabulary, result.expect);
    read_expectations(table, "expect", vocabulary, result.expect);
    result.slow = flag(table, "slow", false);
    result.picture = flag(table, "picture", true);
    check_network(result, with_play);
    return result;
  }

  void read_network(const toml::table& table, Network& network) {
    check_keys(table, {"hosts", "delay", "mtu"});
    if (const toml::node* hosts = table.get("hosts")) {
      const std::int64_t number = hosts->value_or(std::int64_t{0});
      if (number != 1 && number != 2) refuse(*hosts, "hosts is 1 or 2");
      network.hosts = number == 1 ? Hosts::one : Hosts::two;
    }
    if (const toml::node* mtu = table.get("mtu")) {
      const std::int64_t bytes = mtu->value_or(std::int64_t{0});
      if (bytes < 576 || bytes > 65535) refuse(*mtu, "mtu is 576 to 65535 bytes");
      network.mtu = static_cast<int>(bytes);
    }
    if (const toml::node* delay = table.get("delay")) {
      const auto parsed = server::parse_duration(delay->value_or(std::string_view()));
      if (!parsed) refuse(*delay, parsed.error);
      network.delay = parsed.value;
    }
  }

  void read_sysctl(const toml::table& table, std::vector<std::pair<std::string, std::string>>& sysctl) {
    for (const auto& [key, value] : table) {
      std::string text;
      if (const auto* number = value.as_integer()) text = fmt::format("{}", number->get());
      if (const auto* string = value.as_string()) text = string->get();
      if (text.empty()) refuse(value, "a sysctl is a number or a string");
      const std::string_view name = key.str();
      std::erase_if(sysctl, [name](const auto& entry) { return entry.first == name; });
      sysctl.emplace_back(name, text);
    }
  }

  std::vector<Step> read_play(const toml::table& table) {
    const std::string script = text(table, "play");
    const toml::node* node = table.get("play");
    if (node == nullptr) return {};
    ParsedSteps parsed = parse_steps(script, first_line_of(*node, script));
    for (const StepError& error : parsed.errors) refuse(error.line, 1, error.what);
    return std::move(parsed.steps);
  }

  void read_expectations(const toml::table& table, std::string_view key, const Vocabulary& vocabulary,
                         std::vector<Expectation>& to) {
    for (const auto& [text, node] : strings(table, key)) {
      std::string error;
      Expectation expectation = vocabulary.parse(text, error);
      expectation.line = node->source().begin.line;
      const auto contradicts = [&](const Expectation& other) {
        return other.name == expectation.name && other.relation == Expectation::Relation::equal &&
               expectation.relation == Expectation::Relation::equal && other.value.text != expectation.value.text;
      };
      if (error.empty() && std::ranges::any_of(to, contradicts))
        error = fmt::format("{} can't be two things at once", expectation.name);
      if (!error.empty()) refuse(*node, error);
      to.push_back(std::move(expectation));
    }
  }

  /// Only a network between two hosts can be told anything.
  void check_network(const Case& one, const toml::table& play) {
    if (one.network.hosts == Hosts::two) return;
    const auto is_network = [](const Step& step) { return step.actor == "network"; };
    const auto found = std::ranges::find_if(one.play, is_network);
    if (found != one.play.end()) refuse(found->line, 1, "loopback can't do that: network = { hosts = 2 }");
    if (one.network.delay.count() > 0) refuse(play, "loopback has no delay: network = { hosts = 2 }");
  }
};

}  // namespace

Experiment parse_experiment(std::string_view toml, const std::string& file) {
  ExperimentReader reader(file);
  Experiment experiment = reader.read(parse_toml(toml, file));
  reader.throw_errors();
  return experiment;
}

Experiment read_experiment(const std::string& file) { return parse_experiment(read_toml_file(file), file); }

}  // namespace closelab::lab
