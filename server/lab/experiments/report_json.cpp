#include "server/lab/experiments/report_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "server/lab/experiments/claim_result.h"
#include "server/lab/experiments/outcome_json.h"

namespace closelab::lab {
namespace {

/// net.ipv4 as the experiments found it: a case that sets a value of its own says nothing about that one.
Json sysctl_json(const std::vector<ExperimentResult>& results) {
  std::map<std::string, std::string> found;
  for (const ExperimentResult& result : results)
    for (const CaseResult& one : result.cases)
      for (const auto& [name, value] : one.outcome.sysctl)
        if (std::ranges::find(one.played->sysctl, name, &std::pair<std::string, std::string>::first) ==
            one.played->sysctl.end())
          found.emplace(name, value);
  Json pairs = Json::array();
  for (const auto& [name, value] : found) pairs.push_back({name, value});
  return pairs;
}

Json claim_json(std::string_view id, std::string_view text, Conclusion conclusion) {
  return object({{"id", id}, {"text", text}, {"conclusion", to_string(conclusion)}, {"experiments", Json::array()}});
}

/// Those of the textbook that were tried, then the claims of experiments that are about none of these.
Json claims_json(const std::vector<ExperimentResult>& results) {
  Json claims = Json::array();
  for (const ClaimResult& result : judge_claims(results)) {
    if (result.experiments.empty()) continue;
    claims.push_back(claim_json(result.claim->id, result.claim->text, result.conclusion));
    for (const ExperimentResult* one : result.experiments)
      claims.back()["experiments"].push_back(one->experiment->name);
  }
  for (const ExperimentResult& result : results) {
    if (!result.experiment->claims.empty()) continue;
    claims.push_back(claim_json("", result.experiment->claim, result.conclusion));
    claims.back()["experiments"].push_back(result.experiment->name);
  }
  return claims;
}

/// Where the case departs from defaults: the network, the server's settings, the kernel's.
Json conditions_json(const Case& played) {
  Json conditions = Json::array();
  if (played.network.hosts == Hosts::two) {
    const auto delay = played.network.delay.count();
    conditions.push_back(delay == 0 ? "two hosts" : fmt::format("two hosts, {} ms from one to the other", delay));
  }
  const Settings defaults;
  for (const Setting& setting : schema())
    if (const std::string value = setting.get(played.server); value != setting.get(defaults))
      conditions.push_back(fmt::format("{} = {}", setting.key, value));
  for (const auto& [name, value] : played.sysctl) conditions.push_back(fmt::format("net.ipv4.{} = {}", name, value));
  return conditions;
}

Json experiment_json(const ExperimentResult& result) {
  Json json = to_json(result);
  for (std::size_t i = 0; i < result.cases.size(); ++i) {
    json["cases"][i]["conditions"] = conditions_json(*result.cases[i].played);
    json["cases"][i]["drawn"] = result.cases[i].played->picture;
  }
  return json;
}

}  // namespace

Json report_json(const std::vector<ExperimentResult>& results, const RunFacts& facts) {
  Json experiments = Json::array();
  for (const ExperimentResult& result : results) experiments.push_back(experiment_json(result));
  return object({{"version", 2},
                 {"facts", object({{"program", facts.program},
                                   {"kernel", facts.kernel},
                                   {"started", facts.started},
                                   {"sysctl", sysctl_json(results)}})},
                 {"claims", claims_json(results)},
                 {"experiments", std::move(experiments)}});
}

}  // namespace closelab::lab
