#include "server/lab/json/record_json.h"

#include "server/rules/rule_text.h"

namespace closelab::lab {

namespace {

template <class Values>
Json array_of(const Values& values) {
  Json array = Json::array();
  for (const auto& value : values) array.push_back(to_json(value));
  return array;
}

/// What a key says as a text, as JSON's type for it.
Json typed(server::ValueKind kind, const std::string& text) {
  if (kind == server::ValueKind::on_off) return text == "on" || text == "true";
  if (kind == server::ValueKind::text) return text;
  return Json::parse(text);
}

}  // namespace

double in_ms(std::chrono::nanoseconds time) { return std::chrono::duration<double, std::milli>(time).count(); }

Json to_json(const RequestRecord& request) {
  const bool answered = request.answered_at.count() > 0;
  return {
      {"connection_id", request.connection_id},
      {"number", request.number},
      {"method", request.method},
      {"target", request.target},
      {"version", to_string(request.version)},
      {"status", request.status},
      {"persistence", to_string(request.persistence.decision)},
      {"close_reason", to_string(request.persistence.reason)},
      {"received_at_ms", in_ms(request.received_at)},
      {"answered_at_ms", answered ? Json(in_ms(request.answered_at)) : Json()},
      {"request_body_bytes", request.request_body_bytes},
      {"response_body_bytes", request.response_body_bytes},
  };
}

Json to_json(const Evidence& evidence) {
  Json json{
      {"at_ms", in_ms(evidence.at)},
      {"source", to_string(evidence.source)},
      {"fact", to_string(evidence.fact)},
      {"text", describe(evidence)},
  };
  if (evidence.moment != SampleMoment::unspecified) json["moment"] = to_string(evidence.moment);
  if (evidence.state != TcpState::unknown) json["state"] = to_string(evidence.state);
  if (evidence.error != 0) json["errno"] = evidence.error;
  if (evidence.unread != 0) json["unread"] = evidence.unread;
  if (evidence.unacked != 0) json["unacked"] = evidence.unacked;
  if (evidence.unsent != 0) json["unsent"] = evidence.unsent;
  if (evidence.window != 0) json["window"] = evidence.window;
  if (evidence.rtt.count() != 0) json["rtt_ms"] = in_ms(evidence.rtt);
  if (evidence.duration.count() != 0) json["duration_ms"] = evidence.duration.count();
  return json;
}

Json to_json(const Verdict& verdict) {
  const auto remaining = verdict.time_wait_remaining();
  return {
      {"closed_first", to_string(verdict.closed_first)},
      {"closed_by", to_string(verdict.closed_by)},
      {"reset_by", to_string(verdict.reset_by)},
      {"time_wait", to_string(verdict.time_wait)},
      {"time_wait_source", to_string(verdict.time_wait_source)},
      {"bytes_at_risk", verdict.bytes_at_risk},
      {"time_wait_remaining_ms", remaining ? Json(remaining->count()) : Json()},
      {"text", describe(verdict)},
  };
}

Json to_json(const RuleFiring& firing) {
  return {
      {"rule_id", firing.rule_id > 0 ? Json(firing.rule_id) : Json()},
      {"request_number", firing.request_number > 0 ? Json(firing.request_number) : Json()},
      {"at_ms", in_ms(firing.at)},
      {"text", firing.text},
  };
}

Json to_json(const Rule& rule) {
  Json json = Json::object();
  for (const auto& [name, text] : server::format_rule(rule))
    json[name] = typed(server::find_rule_key(name)->kind, text);
  return json;
}

Json to_json(const RuleStatus& status) {
  return {
      {"id", status.id},
      {"fired", status.fired},
      {"text", describe(status.rule)},
      {"rule", to_json(status.rule)},
  };
}

Json to_json(const Counts& counts) {
  return {
      {"accepted", counts.accepted}, {"with_requests", counts.with_requests},
      {"requests", counts.requests}, {"reused", counts.reused},
      {"open", counts.open},         {"idle", counts.idle},
      {"active", counts.active},     {"closing", counts.closing},
      {"settled", counts.settled},   {"records_dropped", counts.records_dropped},
  };
}

Json to_json(const ConnectionRecord& record) {
  const auto accepted_at = std::chrono::duration_cast<std::chrono::milliseconds>(record.accepted_at.time_since_epoch());
  return {
      {"id", record.id},
      {"phase", to_string(record.phase)},
      {"server", to_string(record.server)},
      {"client", to_string(record.client)},
      {"accepted_at_ms", accepted_at.count()},
      {"request_count", record.request_count},
      {"refusal", record.refusal},
      {"close_reason", to_string(record.close_reason)},
      {"close_mode", to_string(record.close_mode)},
      {"retry", to_string(record.retry)},
      {"text", describe(record)},
      {"verdict", to_json(record.verdict)},
      {"requests", array_of(record.requests)},
      {"rules_fired", array_of(record.rules_fired)},
      {"evidence", array_of(record.evidence)},
  };
}

}  // namespace closelab::lab
