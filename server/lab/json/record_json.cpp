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
  if (server::is_switch(kind)) return text == "on" || text == "true";
  if (kind == server::ValueKind::text) return text;
  return Json::parse(text);
}

/// Adds what belongs to a fact; what says nothing is left out.
struct FactWriter {
  Json& json;

  void operator()(const fact::Sampled& sample) const {
    if (sample.moment != SampleMoment::unspecified) json["moment"] = to_string(sample.moment);
    if (sample.state != TcpState::unknown) json["state"] = to_string(sample.state);
    add("unread", sample.unread);
    add("unacked", sample.unacked);
    add("unsent", sample.unsent);
    add("window", sample.window);
    add("segments_in", sample.segments_in);
    add("retransmits", sample.retransmits);
    add("since_data_ms", sample.since_data.count());
    if (sample.rtt.count() != 0) json["rtt_ms"] = in_ms(sample.rtt);
  }
  void operator()(const fact::ReceiveFailed& failed) const { add("errno", failed.error); }
  void operator()(const fact::SendFailed& failed) const { add("errno", failed.error); }
  void operator()(const fact::PendingError& pending) const { add("errno", pending.error); }
  void operator()(const fact::ShutdownFailed& failed) const { add("errno", failed.error); }
  void operator()(const fact::NotObserved& refused) const { add("errno", refused.error); }
  void operator()(const fact::FinWithheld& withheld) const { add("duration_ms", withheld.longest.count()); }
  void operator()(const fact::DrainTimeExceeded& exceeded) const { add("duration_ms", exceeded.after.count()); }
  void operator()(const fact::DrainBytesExceeded& exceeded) const { add("dropped", exceeded.dropped); }
  void operator()(const fact::Drained& drained) const { add("dropped", drained.dropped); }
  void operator()(const fact::RequestUnfinished& unfinished) const {
    json["part"] = to_string(unfinished.part);
    add("missing", unfinished.missing);
  }
  void operator()(const fact::Closed& closed) const {
    add("unread", closed.unread);
    add("duration_ms", closed.blocked.count());
    add("missed", closed.missed);
  }
  void operator()(const fact::Aborted& aborted) const {
    add("missed", aborted.missed);
    if (aborted.silent) json["silent"] = true;
  }
  void operator()(const fact::OwnSocket& socket) const { add_socket(socket.state, socket.timer); }
  void operator()(const fact::PeerSocket& socket) const { add_socket(socket.state, socket.timer); }
  void operator()(const fact::Segment& segment) const {
    json["from"] = to_string(segment.from);
    json["flags"] = Json::array();
    const auto add_flag = [this](bool is_set, const char* name) {
      if (is_set) json["flags"].push_back(name);
    };
    add_flag(segment.syn, "SYN");
    add_flag(segment.fin, "FIN");
    add_flag(segment.rst, "RST");
    add_flag(segment.ack, "ACK");
    json["sequence"] = segment.sequence;
    if (segment.ack) json["acknowledgement"] = segment.acknowledgement;
    add("payload", segment.payload);
  }
  void operator()(const fact::CaptureIncomplete& incomplete) const {
    add("lost", incomplete.lost);
    json["gap"] = to_string(incomplete.gap);
  }
  template <class Plain>
  void operator()(const Plain&) const {
    static_assert(std::is_empty_v<Plain>, "a fact's values belong into JSON");
  }

 private:
  template <class Value>
  void add(const char* key, Value value) const {
    if (value != 0) json[key] = value;
  }
  void add_socket(TcpState state, std::chrono::milliseconds timer) const {
    if (state != TcpState::unknown) json["state"] = to_string(state);
    add("duration_ms", timer.count());
  }
};

Json to_json(const LocalClient& client) {
  return object({
      {"uid", client.uid},
      {"processes", array_of(client.processes)},
      {"keepalive_ms", client.keepalive ? Json(client.keepalive->count()) : Json()},
  });
}

Json fields_of(const RequestRecord& request) {
  Json fields = Json::array();
  for (const auto& [name, value] : request.field_views()) fields.push_back(object({{"name", name}, {"value", value}}));
  return fields;
}

/// 0: it never happened.
Json in_ms_if_any(std::chrono::nanoseconds time) { return time.count() > 0 ? Json(in_ms(time)) : Json(); }

/// Why something is not known; null when it is.
Json reason_of(bool is_unknown, UnknownBecause because) { return is_unknown ? Json(to_string(because)) : Json(); }

/// The state of an end that outlives the other; null when none does.
Json left_in(TcpState state) { return state != TcpState::unknown ? Json(to_string(state)) : Json(); }

}  // namespace

double in_ms(std::chrono::nanoseconds time) { return std::chrono::duration<double, std::milli>(time).count(); }

Json to_json(const RequestRecord& request) {
  return object({
      {"connection_id", request.connection_id},
      {"number", request.number},
      {"method", request.method},
      {"target", request.target},
      {"version", to_string(request.version)},
      {"status", request.status},
      {"persistence", to_string(request.persistence.decision)},
      {"close_reason", to_string(request.persistence.reason)},
      {"fields", fields_of(request)},
      {"fields_left_out", request.fields_left_out},
      {"received_at_ms", in_ms(request.received_at)},
      {"continued_at_ms", in_ms_if_any(request.continued_at)},
      {"body_received_at_ms", in_ms_if_any(request.body_received_at)},
      {"answered_at_ms", in_ms_if_any(request.answered_at)},
      {"request_body_bytes", request.request_body_bytes},
      {"response_body_bytes", request.response_body_bytes},
      {"seen_by", to_string(request.seen_by)},
      {"retry", to_string(request.retry)},
      {"retry_source", to_string(request.retry_source)},
      {"answer_may_be_unread", request.answer_may_be_unread},
      {"answer_spoiled", request.answer_spoiled},
  });
}

Json to_json(const Evidence& evidence) {
  Json json = object({
      {"at_ms", in_ms(evidence.at)},
      {"source", to_string(evidence.source)},
      {"fact", closelab::to_string(evidence.fact)},
      {"text", describe(evidence)},
  });
  std::visit(FactWriter{json}, evidence.fact);
  return json;
}

Json to_json(const Process& process) { return object({{"pid", process.pid}, {"name", process.name}}); }

Json to_json(const Verdict& verdict) {
  const auto remaining = verdict.time_wait_remaining();
  return object({
      {"closed_first", to_string(verdict.closed_first)},
      {"closed_by", to_string(verdict.closed_by)},
      {"closed_first_source", to_string(verdict.closed_first_source)},
      {"undetermined_because", reason_of(verdict.closed_first == Side::undetermined, verdict.undetermined_because)},
      {"reset_by", to_string(verdict.reset_by)},
      {"time_wait", to_string(verdict.time_wait)},
      {"time_wait_source", to_string(verdict.time_wait_source)},
      {"time_wait_unknown_because",
       reason_of(verdict.time_wait == TimeWait::unknown, verdict.time_wait_unknown_because)},
      {"bytes_at_risk", verdict.bytes_at_risk ? Json(*verdict.bytes_at_risk) : Json()},
      {"client_left_in", left_in(verdict.client_left_in)},
      {"server_left_in", left_in(verdict.server_left_in)},
      {"time_wait_gone", verdict.time_wait_gone},
      {"time_wait_remaining_ms", remaining ? Json(remaining->count()) : Json()},
      {"text", describe(verdict)},
  });
}

Json to_json(const PacedPiece& piece) {
  return object({{"at_ms", in_ms(piece.at)}, {"from", to_string(piece.from)}, {"bytes", piece.bytes}});
}

Json to_json(const PacedPieces& pieces) {
  return object({{"first", array_of(pieces.first)}, {"left_out", pieces.left_out}});
}

Json to_json(const RuleFiring& firing) {
  return object({
      {"rule_id", firing.rule_id > 0 ? Json(firing.rule_id) : Json()},
      {"request_number", firing.request_number > 0 ? Json(firing.request_number) : Json()},
      {"at_ms", in_ms(firing.at)},
      {"text", firing.text},
      {"said_bytes", firing.said_bytes},
      {"pieces", firing.pieces ? to_json(*firing.pieces) : Json()},
  });
}

Json to_json(const Rule& rule) {
  Json json = Json::object();
  for (const auto& [name, text] : server::format_rule(rule))
    json[name] = typed(server::find_rule_key(name)->kind, text);
  return json;
}

Json to_json(const RuleStatus& status) {
  return object({
      {"id", status.id},
      {"fired", status.fired},
      {"text", describe(status.rule)},
      {"rule", to_json(status.rule)},
  });
}

Json to_json(const Counts& counts) {
  return object({
      {"accepted", counts.accepted},
      {"with_requests", counts.with_requests},
      {"requests", counts.requests},
      {"reused", counts.reused},
      {"open", counts.open},
      {"idle", counts.idle},
      {"active", counts.active},
      {"closing", counts.closing},
      {"settled", counts.settled},
      {"records_dropped", counts.records_dropped},
  });
}

Json to_json(const ConnectionRecord& record) {
  const auto accepted_at = std::chrono::duration_cast<std::chrono::milliseconds>(record.accepted_at.time_since_epoch());
  return object({
      {"id", record.id},
      {"phase", to_string(record.phase)},
      {"server", to_string(record.server)},
      {"client", to_string(record.client)},
      {"local_client", record.local_client ? to_json(*record.local_client) : Json()},
      {"accepted_at_ms", accepted_at.count()},
      {"request_count", record.request_count},
      {"fin_sent_by", to_string(fin_sent_by(record.evidence))},
      {"refusal", record.refusal},
      {"close_reason", to_string(record.close_reason)},
      {"close_mode", to_string(record.close_mode)},
      {"retry", to_string(record.retry)},
      {"retry_source", to_string(record.retry_source)},
      {"text", describe(record)},
      {"verdict", to_json(record.verdict)},
      {"requests", array_of(record.requests)},
      {"rules_fired", array_of(record.rules_fired)},
      {"evidence", array_of(record.evidence)},
  });
}

}  // namespace closelab::lab
