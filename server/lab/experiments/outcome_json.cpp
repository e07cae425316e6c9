#include "server/lab/experiments/outcome_json.h"

#include "server/lab/json/picture_json.h"

namespace closelab::lab {
namespace {

using net::Transit;
using testbed::Packet;

Side side_named(const std::string& name) { return name == "server" ? Side::server : Side::client; }

Json to_json(const Packet& packet, std::chrono::nanoseconds start) {
  Json json = object({{"at_ms", in_ms(packet.at - start)},
                      {"from", to_string(packet.from)},
                      {"flags", packet.flags},
                      {"text", testbed::flag_names(packet)},
                      {"sequence", packet.sequence},
                      {"acknowledgement", packet.acknowledgement},
                      {"window", packet.window},
                      {"payload", packet.payload},
                      {"transit", transit_name(packet.transit)}});
  if (packet.transit == Transit::delivered) json["arrived_ms"] = in_ms(packet.arrived - start);
  return json;
}

Packet packet_from(const Json& json) {
  Packet packet{.at = from_ms(json["at_ms"]),
                .from = side_named(json["from"]),
                .flags = json["flags"],
                .sequence = json["sequence"],
                .acknowledgement = json["acknowledgement"],
                .window = json["window"],
                .payload = json["payload"]};
  packet.transit = transit_named(json["transit"].get<std::string>());
  packet.arrived = from_ms(json.value("arrived_ms", 0.0));
  return packet;
}

Json to_json(const Observations& observed) {
  Json json = Json::object();
  for (const auto& [name, observation] : observed) {
    Json& one = json[name] = object({{"text", observation.text}});
    if (observation.number) one["number"] = *observation.number;
    if (!observation.doubt.empty()) one["doubt"] = observation.doubt;
  }
  return json;
}

Json to_json(const std::vector<Judged>& judged) {
  Json json = Json::array();
  for (const Judged& one : judged)
    json.push_back(object({{"text", one.text}, {"seen", one.seen}, {"holds", one.holds ? Json(*one.holds) : Json()}}));
  return json;
}

Json to_json(const CaseResult& result) {
  Json json = object({{"number", result.number},
                      {"when", result.played->when},
                      {"agrees", result.agrees()},
                      {"plays", result.plays},
                      {"given", to_json(result.given)},
                      {"claim", to_json(result.claim)},
                      {"expect", to_json(result.expect)}});
  json.update(to_json(result.outcome));
  return json;
}

}  // namespace

Json to_json(const CaseOutcome& outcome) {
  Json packets = Json::array();
  for (const Packet& packet : outcome.packets) packets.push_back(to_json(packet, outcome.packets.front().at));
  return object({{"not_shown", outcome.not_shown},
                 {"limits", outcome.limits},
                 {"seconds", outcome.seconds},
                 {"picture", to_json(outcome.picture)},
                 {"packets", std::move(packets)},
                 {"transcript", outcome.transcript},
                 {"sysctl", Json(outcome.sysctl)},
                 {"observed", to_json(outcome.observed)}});
}

CaseOutcome outcome_from_json(const Json& json) {
  CaseOutcome outcome{.not_shown = json["not_shown"], .limits = json["limits"], .seconds = json["seconds"]};
  outcome.picture = picture_from_json(json["picture"]);
  for (const Json& packet : json["packets"]) outcome.packets.push_back(packet_from(packet));
  outcome.transcript = json["transcript"].get<std::vector<std::string>>();
  outcome.sysctl = json["sysctl"].get<decltype(outcome.sysctl)>();
  for (const auto& [name, observation] : json["observed"].items()) {
    Observation& to = outcome.observed[name];
    to.text = observation["text"];
    if (observation.contains("number")) to.number = observation["number"].get<double>();
    to.doubt = observation.value("doubt", "");
  }
  return outcome;
}

Json to_json(const ExperimentResult& result) {
  const Experiment& experiment = *result.experiment;
  Json cases = Json::array();
  for (const CaseResult& one : result.cases) cases.push_back(to_json(one));
  return object({{"name", experiment.name},
                 {"title", experiment.title},
                 {"claims", experiment.claims},
                 {"claim", experiment.claim},
                 {"explanation", experiment.explanation},
                 {"rfc", experiment.rfc},
                 {"conclusion", to_string(result.conclusion)},
                 {"expected_conclusion", to_string(experiment.conclusion)},
                 {"as_expected", result.as_expected()},
                 {"cases", std::move(cases)}});
}

}  // namespace closelab::lab
