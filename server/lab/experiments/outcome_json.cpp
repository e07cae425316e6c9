#include "server/lab/experiments/outcome_json.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "net/socket/socket_address.h"

namespace closelab::lab {
namespace {

using testbed::Packet;
using testbed::Rung;
using testbed::Transit;

constexpr std::array transits{"unknown", "delivered", "lost", "repeated"};
constexpr std::array kinds{"segment", "call", "states"};

template <class Enum, std::size_t count>
Enum named(const std::array<const char*, count>& names, const std::string& name) {
  const auto found = std::ranges::find(names, name);
  return static_cast<Enum>(found == names.end() ? 0 : found - names.begin());
}

template <class Enum, std::size_t count>
std::string name_of(const std::array<const char*, count>& names, Enum value) {
  return names[static_cast<std::size_t>(value)];
}

std::chrono::nanoseconds from_ms(double milliseconds) {
  return std::chrono::nanoseconds(std::llround(milliseconds * 1e6));
}

Side side_named(const std::string& name) { return name == "server" ? Side::server : Side::client; }

Json to_json(const Packet& packet, std::chrono::nanoseconds start) {
  Json json{{"at_ms", in_ms(packet.at - start)},
            {"from", to_string(packet.from)},
            {"flags", packet.flags},
            {"text", testbed::flag_names(packet)},
            {"sequence", packet.sequence},
            {"acknowledgement", packet.acknowledgement},
            {"window", packet.window},
            {"payload", packet.payload},
            {"transit", name_of(transits, packet.transit)}};
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
  packet.transit = named<Transit>(transits, json["transit"]);
  packet.arrived = from_ms(json.value("arrived_ms", 0.0));
  return packet;
}

Json to_json(const Rung& rung) {
  Json json{{"at_ms", in_ms(rung.at)}, {"kind", name_of(kinds, rung.kind)}};
  if (rung.kind == Rung::Kind::states) {
    if (rung.client != TcpState::unknown) json["client"] = to_string(rung.client);
    if (rung.server != TcpState::unknown) json["server"] = to_string(rung.server);
    return json;
  }
  json["side"] = to_string(rung.side);
  json["text"] = rung.text;
  if (rung.kind == Rung::Kind::call) return json;
  json["transit"] = name_of(transits, rung.transit);
  json["segments"] = rung.segments;
  if (rung.transit == Transit::delivered) json["arrived_ms"] = in_ms(rung.arrived);
  return json;
}

Rung rung_from(const Json& json) {
  Rung rung{.at = from_ms(json["at_ms"]), .kind = named<Rung::Kind>(kinds, json["kind"])};
  rung.side = side_named(json.value("side", "client"));
  rung.text = json.value("text", "");
  rung.transit = named<Transit>(transits, json.value("transit", "unknown"));
  rung.segments = json.value("segments", std::size_t{1});
  rung.arrived = from_ms(json.value("arrived_ms", 0.0));
  rung.client = parse_tcp_state(json.value("client", "")).value_or(TcpState::unknown);
  rung.server = parse_tcp_state(json.value("server", "")).value_or(TcpState::unknown);
  return rung;
}

Json to_json(const Endpoint& endpoint) { return {{"address", address_text(endpoint)}, {"port", endpoint.port}}; }

Endpoint endpoint_from(const Json& json) {
  return net::parse_address(json["address"].get<std::string>(), json["port"]).value_or(Endpoint{});
}

Json to_json(const Observations& observed) {
  Json json = Json::object();
  for (const auto& [name, observation] : observed) {
    Json& one = json[name] = {{"text", observation.text}};
    if (observation.number) one["number"] = *observation.number;
    if (!observation.doubt.empty()) one["doubt"] = observation.doubt;
  }
  return json;
}

Json to_json(const std::vector<Judged>& judged) {
  Json json = Json::array();
  for (const Judged& one : judged)
    json.push_back({{"text", one.text}, {"seen", one.seen}, {"holds", one.holds ? Json(*one.holds) : Json()}});
  return json;
}

Json to_json(const CaseResult& result) {
  Json json{{"number", result.number},         {"when", result.played->when},    {"agrees", result.agrees()},
            {"plays", result.plays},           {"given", to_json(result.given)}, {"claim", to_json(result.claim)},
            {"expect", to_json(result.expect)}};
  json.update(to_json(result.outcome));
  return json;
}

}  // namespace

Json to_json(const CaseOutcome& outcome) {
  Json rungs = Json::array();
  for (const Rung& rung : outcome.picture.rungs) rungs.push_back(to_json(rung));
  Json packets = Json::array();
  for (const Packet& packet : outcome.packets) packets.push_back(to_json(packet, outcome.packets.front().at));
  return {{"not_shown", outcome.not_shown},
          {"limits", outcome.limits},
          {"seconds", outcome.seconds},
          {"client", to_json(outcome.picture.ends.client)},
          {"server", to_json(outcome.picture.ends.server)},
          {"ladder", std::move(rungs)},
          {"packets", std::move(packets)},
          {"transcript", outcome.transcript},
          {"sysctl", Json(outcome.sysctl)},
          {"observed", to_json(outcome.observed)}};
}

CaseOutcome outcome_from_json(const Json& json) {
  CaseOutcome outcome{.not_shown = json["not_shown"], .limits = json["limits"], .seconds = json["seconds"]};
  outcome.picture.ends = {endpoint_from(json["client"]), endpoint_from(json["server"])};
  for (const Json& rung : json["ladder"]) outcome.picture.rungs.push_back(rung_from(rung));
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
  return {{"name", experiment.name},
          {"title", experiment.title},
          {"claims", experiment.claims},
          {"claim", experiment.claim},
          {"explanation", experiment.explanation},
          {"rfc", experiment.rfc},
          {"conclusion", to_string(result.conclusion)},
          {"expected_conclusion", to_string(experiment.conclusion)},
          {"as_expected", result.as_expected()},
          {"cases", std::move(cases)}};
}

}  // namespace closelab::lab
