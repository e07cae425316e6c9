#include "server/lab/audit/proxy_passages.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/lab/audit/requests_by_step.h"

namespace closelab::lab {
namespace {

using Time = std::chrono::system_clock::time_point;

/// The end of a connection, as the server made it.
struct ServerEnd {
  StreamEnd how = StreamEnd::open;
  Time at{};
};

StreamEnd how_it_ended(const Evidence& evidence) {
  if (evidence.is<fact::Aborted>()) return StreamEnd::rst;
  if (evidence.is<fact::SentFin>()) return StreamEnd::fin;
  const auto* closed = evidence.as<fact::Closed>();
  if (closed == nullptr) return StreamEnd::open;
  return closed->unread > 0 ? StreamEnd::rst : StreamEnd::fin;
}

/// Open where the server did not end it, or the other side was first.
ServerEnd end_by_server(const ConnectionRecord& record) {
  for (const Evidence& each : record.evidence) {
    if (each.is<fact::ReceivedFin>() || each.is<fact::ReceiveFailed>()) break;
    const StreamEnd how = how_it_ended(each);
    if (how == StreamEnd::open) continue;
    return {.how = how, .at = record.accepted_at + std::chrono::duration_cast<Time::duration>(each.at)};
  }
  return {};
}

std::vector<const RuleFiring*> firings_of(const RequestRecord& request, const ConnectionRecord& record) {
  std::vector<const RuleFiring*> firings;
  for (const RuleFiring& firing : record.rules_fired)
    if (firing.request_number == request.number) firings.push_back(&firing);
  return firings;
}

/// What an answer that ends with its connection lacks when that ends by RST can't be known: it is not whole.
bool ends_with_connection(const RuleFiring& firing, const std::vector<Rule>& rules) {
  if (firing.rule_id == 0 || firing.rule_id > rules.size()) return false;
  const auto* answer = std::get_if<AnswerAction>(&rules[firing.rule_id - 1].action);
  return answer != nullptr && answer->framing == AnswerAction::Framing::close;
}

Extent extent_of(const RequestRecord& request, const std::vector<const RuleFiring*>& firings, StreamEnd end,
                 const std::vector<Rule>& rules) {
  // Bytes that a rule has said in the place of an answer are part of one, and no record of it.
  const bool is_begun = request.status != 0 || request.answer_spoiled ||
                        std::ranges::any_of(firings, [](const RuleFiring* firing) { return firing->said_bytes > 0; });
  if (!is_begun) return Extent::none;
  const bool is_torn = end == StreamEnd::rst && std::ranges::any_of(firings, [&](const RuleFiring* firing) {
                         return ends_with_connection(*firing, rules);
                       });
  const bool is_whole = request.answered_at.count() > 0 && !request.answer_spoiled && !is_torn;
  return is_whole ? Extent::whole : Extent::cut;
}

ExchangeEnd upstream_end(const RequestRecord& request, const Played& played, const std::vector<Rule>& rules) {
  const auto record = std::ranges::find(played.records, request.connection_id, &ConnectionRecord::id);
  if (record == played.records.end()) return {};
  const bool is_last = request.number == record->request_count;
  const StreamEnd end = is_last ? end_by_server(*record).how : StreamEnd::open;
  return {.status = request.status,
          .bytes = request.response_body_bytes,
          .extent = extent_of(request, firings_of(request, *record), end, rules),
          .end = end};
}

/// The end of a connection that a step made meanwhile whose request the server has not read.
ExchangeEnd end_without_request(const Played& played, std::size_t step) {
  const Time until = step + 1 < played.steps.size() ? played.steps[step + 1].begun : Time::max();
  for (const ConnectionRecord& record : played.records) {
    const ServerEnd end = end_by_server(record);
    if (end.how != StreamEnd::open && end.at >= played.steps[step].begun && end.at < until) return {.end = end.how};
  }
  return {};
}

void replace_own_error(Reply& reply, const Passed& passed) {
  if (!is_proxys_own(passed.upstream, passed.front)) return;
  reply.kind = Reply::Kind::error;
  reply.text = fmt::format("the proxy says {}", passed.front.status);
}

}  // namespace

void tell_passages(const std::vector<Rule>& rules, Played& played) {
  const std::vector<TimedRequest> requests = timed_requests(played.records);
  for (std::size_t i = 0; i < played.steps.size(); ++i) {
    PlayedStep& step = played.steps[i];
    if (!step.reply.front) continue;
    const auto of_step = requests_of_step(requests, played, i);
    Passed passed{
        .upstream = of_step.empty() ? end_without_request(played, i) : upstream_end(*of_step.back(), played, rules),
        .front = *step.reply.front,
        .requests = of_step.size()};
    passed.passage = passage_of(passed.upstream, passed.front);
    replace_own_error(step.reply, passed);
    step.passed = passed;
  }
}

}  // namespace closelab::lab
