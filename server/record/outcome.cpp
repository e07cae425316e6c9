#include "server/record/outcome.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "net/verdict/captured_order.h"
#include "net/verdict/derive_verdict.h"

namespace closelab::server {
namespace {

/// What no handler has seen has done nothing (RFC 9110 §9.2.2).
Retry again(SeenBy seen_by) { return seen_by == SeenBy::handler ? Retry::if_idempotent : Retry::safe; }

Outcome judge_whole_answer(const RequestFacts& facts) {
  if (facts.aftermath == Aftermath::open) return {Retry::not_needed, Source::syscall};
  if (facts.aftermath == Aftermath::orderly) return {Retry::not_needed, Source::tcp_info};
  const Source source = facts.acknowledged == AnswerAcknowledged::unknown ? Source::inferred : Source::tcp_info;
  if (facts.aftermath == Aftermath::cut_off_client) return {again(facts.seen_by), source, true};
  // RFC 9112 §8: the transport must not end by an error. That the end was acknowledged before is not known.
  if (facts.sent == AnswerSent::until_close)
    return {again(facts.seen_by), source, facts.aftermath == Aftermath::server_reset};
  if (facts.acknowledged == AnswerAcknowledged::whole) return {Retry::not_needed, source};
  return {again(facts.seen_by), source, facts.aftermath == Aftermath::server_reset};
}

bool was_still_sending(const std::vector<Evidence>& evidence) {
  return find<fact::RequestUnfinished>(evidence) != nullptr || find<fact::DrainBytesExceeded>(evidence) != nullptr;
}

/// What was on its way when our kernel dropped the connection is not sent again, and nobody knows whether it arrived.
bool was_dropped(const ConnectionRecord& record) {
  const auto* aborted = find<fact::Aborted>(record.evidence);
  return aborted != nullptr && aborted->silent && record.verdict.bytes_at_risk != 0U;
}

Aftermath aftermath_of(const ConnectionRecord& record) {
  const Verdict& verdict = record.verdict;
  switch (verdict.reset_by) {
    case ResetBy::none:
      return was_dropped(record) ? Aftermath::unseen : Aftermath::orderly;
    case ResetBy::client:
      return Aftermath::client_reset;
    case ResetBy::server:
      return was_still_sending(record.evidence) ? Aftermath::cut_off_client : Aftermath::server_reset;
    case ResetBy::undetermined:
      break;
  }
  return was_still_sending(record.evidence) ? Aftermath::cut_off_client : Aftermath::unseen;
}

/// How far all that was written has arrived: at least so far, where what the end cost is not known.
struct Arrival {
  std::optional<std::uint64_t> at_least{};
  AnswerAcknowledged beyond = AnswerAcknowledged::unknown;
};

/// `written`: bytes of the connection that were handed to the kernel.
Arrival arrival_of(const ConnectionRecord& record, std::uint64_t written) {
  const auto& at_risk = record.verdict.bytes_at_risk;
  const auto missing = at_risk ? at_risk : net::unacknowledged_at_most(record.evidence);
  if (!missing) return {};
  return {written - std::min<std::uint64_t>(*missing, written),
          at_risk ? AnswerAcknowledged::part : AnswerAcknowledged::unknown};
}

AnswerAcknowledged acknowledged(const RequestRecord& request, const Arrival& arrival) {
  return arrival.at_least && request.answer_end <= *arrival.at_least ? AnswerAcknowledged::whole : arrival.beyond;
}

AnswerSent sent(const RequestRecord& request, std::uint64_t until_close) {
  const bool is_out = request.answered_at.count() > 0;
  const bool is_last = until_close != 0 && request.number >= until_close;
  if (is_out && !request.answer_spoiled) return is_last ? AnswerSent::until_close : AnswerSent::whole;
  return request.status == 0 ? AnswerSent::nothing : AnswerSent::part;
}

/// A request that nobody has seen may have met our end, and how that is known; after the client's FIN none can come.
std::optional<Source> more_may_have_come(const ConnectionRecord& record, Aftermath aftermath) {
  const std::vector<Evidence>& evidence = record.evidence;
  if (record.verdict.closed_first == Side::client || find<fact::ReceivedFin>(evidence) != nullptr) return std::nullopt;
  if (aftermath == Aftermath::unseen) return Source::inferred;
  if (aftermath != Aftermath::server_reset) return std::nullopt;
  const auto captured = net::captured_order(evidence);
  const net::LateSegment late = captured ? captured->late : net::LateSegment::none;
  if (late == net::LateSegment::data) return Source::capture;
  const bool nothing_came =
      record.request_count > 0 && late == net::LateSegment::none && net::was_client_silent(evidence);
  return nothing_came ? std::nullopt : std::optional(Source::inferred);
}

}  // namespace

Outcome judge_request(const RequestFacts& facts) {
  if (facts.seen_by == SeenBy::nobody) return {Retry::safe, Source::syscall};
  if (facts.sent >= AnswerSent::whole) return judge_whole_answer(facts);
  return {again(facts.seen_by), Source::syscall};
}

void judge_outcomes(ConnectionRecord& record, std::uint64_t until_close) {
  std::uint64_t written = 0;
  for (const RequestRecord& request : record.requests) written = std::max(written, request.answer_end);
  const Aftermath aftermath = aftermath_of(record);
  if (const auto source = more_may_have_come(record, aftermath); source && record.retry == Retry::not_needed) {
    record.retry = Retry::safe;
    record.retry_source = *source;
  }
  const Arrival arrival = arrival_of(record, written);
  for (RequestRecord& request : record.requests) {
    const Outcome outcome =
        judge_request({request.seen_by, sent(request, until_close), acknowledged(request, arrival), aftermath});
    request.retry = outcome.retry;
    request.retry_source = outcome.source;
    request.answer_may_be_unread = outcome.answer_may_be_unread;
    if (outcome.retry < record.retry) continue;
    record.retry_source =
        outcome.retry == record.retry ? std::max(record.retry_source, outcome.source) : outcome.source;
    record.retry = outcome.retry;
  }
}

std::string_view to_string(AnswerSent sent) {
  static constexpr std::array<std::string_view, 4> names{"nothing", "part", "whole", "until_close"};
  return names[static_cast<std::size_t>(sent)];
}

std::string_view to_string(AnswerAcknowledged acknowledged) {
  static constexpr std::array<std::string_view, 3> names{"unknown", "part", "whole"};
  return names[static_cast<std::size_t>(acknowledged)];
}

std::string_view to_string(Aftermath aftermath) {
  static constexpr std::array<std::string_view, 6> names{"open",         "orderly",        "client_reset",
                                                         "server_reset", "cut_off_client", "unseen"};
  return names[static_cast<std::size_t>(aftermath)];
}

}  // namespace closelab::server
