#include "server/lab/experiments/experiment_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "server/lab/experiments/claims.h"
#include "server/lab/settings/conf_table.h"
#include "server/lab/settings/toml_text.h"
#include "server/lab/settings/usage_error.h"
#include "server/text/printable.h"
#include "server/text/quantity.h"
#include "server/text/spelling.h"

namespace closelab::lab {
namespace {

using Keys = std::vector<std::string_view>;

/// Reads one experiment and collects what is wrong with it. What stands above the cases holds for each case that does
/// not say otherwise.
class Reader {
 public:
  explicit Reader(const std::string& file) : file_(file) {}

  Experiment read(const toml::table& table) {
    check_keys(table, {"title", "claims", "claim", "conclusion", "explanation", "rfc", "case", "server", "network",
                       "sysctl", "play", "expect"});
    Experiment experiment{.name = std::filesystem::path(file_).stem().string(),
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

  void refuse(const toml::node& at, std::string_view what) { refuse(at.source().begin, what); }
  void refuse(toml::source_position at, std::string_view what) { refuse(at.line, at.column, what); }
  const std::vector<std::string>& errors() const { return errors_; }

 private:
  void refuse(unsigned line, unsigned column, std::string_view what) {
    std::string error = fmt::format("{}:{}:{}: {}", file_, line, column, server::printable(what));
    // What stands above the cases is read for each of them.
    if (std::ranges::find(errors_, error) == errors_.end()) errors_.push_back(std::move(error));
  }

  void check_keys(const toml::table& table, const Keys& known) {
    for (const auto& [key, value] : table) {
      if (std::ranges::find(known, key.str()) != known.end()) continue;
      refuse(key.source().begin,
             server::unknown_word("key", key.str(), known, fmt::format("{} are known here", fmt::join(known, ", "))));
    }
  }

  std::string text(const toml::table& table, std::string_view key) {
    const toml::node* node = table.get(key);
    if (node == nullptr) {
      refuse(table, fmt::format("{} is missing", key));
      return "";
    }
    if (const auto* value = node->as_string()) return value->get();
    refuse(*node, fmt::format("{} wants a string", key));
    return "";
  }

  std::vector<std::pair<std::string, const toml::node*>> strings(const toml::table& table, std::string_view key) {
    std::vector<std::pair<std::string, const toml::node*>> result;
    const toml::node* node = table.get(key);
    if (node == nullptr) return result;
    if (const toml::array* list = node->as_array()) {
      for (const toml::node& item : *list) {
        if (const auto* value = item.as_string()) {
          result.emplace_back(value->get(), &item);
        } else {
          refuse(item, fmt::format("{} wants strings", key));
        }
      }
    } else {
      refuse(*node, fmt::format("{} wants a list of strings", key));
    }
    return result;
  }

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

  void read_server(const toml::table& table, Settings& settings) {
    for (std::string& error : read_table(table, file_, settings))
      if (std::ranges::find(errors_, error) == errors_.end()) errors_.push_back(std::move(error));
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
    // The first line of a """ string is the one after its quotes, unless it is on theirs.
    const auto source = node->source();
    const auto breaks = static_cast<unsigned>(std::ranges::count(script, '\n'));
    const unsigned first = source.end.line - std::min(source.end.line - 1, breaks);
    ParsedSteps parsed = parse_steps(script, first);
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

  bool flag(const toml::table& table, std::string_view key, bool otherwise) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return otherwise;
    if (const auto* value = node->as_boolean()) return value->get();
    refuse(*node, fmt::format("{} is true or false", key));
    return otherwise;
  }

  /// Only a network between two hosts can be told anything.
  void check_network(const Case& one, const toml::table& play) {
    if (one.network.hosts == Hosts::two) return;
    const auto is_network = [](const Step& step) { return step.actor == "network"; };
    const auto found = std::ranges::find_if(one.play, is_network);
    if (found != one.play.end()) refuse(found->line, 1, "loopback can't do that: network = { hosts = 2 }");
    if (one.network.delay.count() > 0) refuse(play, "loopback has no delay: network = { hosts = 2 }");
  }

  const std::string& file_;
  std::vector<std::string> errors_;
};

}  // namespace

Experiment parse_experiment(std::string_view toml, const std::string& file) {
  Reader reader(file);
  Experiment experiment = reader.read(parse_toml(toml, file));
  if (!reader.errors().empty()) throw UsageError(fmt::format("{}", fmt::join(reader.errors(), "\n")));
  return experiment;
}

Experiment read_experiment(const std::string& file) { return parse_experiment(read_toml_file(file), file); }

}  // namespace closelab::lab
