#include "server/lab/record_json.h"

namespace closelab::lab {

double in_ms(std::chrono::nanoseconds time) { return std::chrono::duration<double, std::milli>(time).count(); }

Json to_json(const RequestRecord& request) {
  const bool answered = request.answered_at.count() > 0;
  return {
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
  if (evidence.moment != Moment::unspecified) json["moment"] = to_string(evidence.moment);
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

Json to_json(const ConnectionRecord& record) {
  Json requests = Json::array();
  for (const RequestRecord& request : record.requests) requests.push_back(to_json(request));
  Json evidence = Json::array();
  for (const Evidence& fact : record.evidence) evidence.push_back(to_json(fact));
  const auto accepted_at = std::chrono::duration_cast<std::chrono::milliseconds>(record.accepted_at.time_since_epoch());
  return {
      {"id", record.id},
      {"phase", to_string(record.phase)},
      {"server", to_string(record.server)},
      {"client", to_string(record.client)},
      {"accepted_at_ms", accepted_at.count()},
      {"request_count", record.request_count},
      {"close_reason", to_string(record.close_reason)},
      {"close_mode", to_string(record.close_mode)},
      {"text", describe(record)},
      {"verdict", to_json(record.verdict)},
      {"requests", std::move(requests)},
      {"evidence", std::move(evidence)},
  };
}

}  // namespace closelab::lab
