#include "server/connection/report.h"

#include <algorithm>
#include <utility>

#include "net/verdict/derive_verdict.h"
#include "server/connection/local_client.h"
#include "server/rules/rule_text.h"

namespace closelab::server {
namespace {

constexpr std::size_t recorded_target = 128;

/// Such an answer is whole with its head (RFC 9112 §6.3).
bool ends_with_head(const RequestRecord& request) {
  return request.method == "HEAD" || request.status == 204 || request.status == 304;
}

/// Bytes that a fact says nobody looked at, or that the drain has dropped.
std::uint32_t unread_in(const Evidence& evidence) {
  if (const auto* sampled = evidence.as<fact::Sampled>()) return sampled->unread;
  if (const auto* drained = evidence.as<fact::Drained>()) return drained->dropped;
  if (const auto* exceeded = evidence.as<fact::DrainBytesExceeded>()) return exceeded->dropped;
  const auto* closed = evidence.as<fact::Closed>();
  return closed != nullptr ? closed->unread : 0;
}

std::size_t line_size(const FieldView& field) {
  return field.name.size() + std::string_view(": \r\n").size() + field.value.size();
}

/// Field lines, each with its CRLF, that fit into so many bytes.
void keep_fields(RequestRecord& record, std::span<const FieldView> fields, std::size_t room) {
  std::size_t size = 0;
  std::size_t count = 0;
  while (count < fields.size() && size + line_size(fields[count]) <= room) size += line_size(fields[count++]);
  record.fields_left_out = fields.size() - count;
  record.fields.reset();
  if (count == 0) return;
  const auto kept = std::make_shared<std::string>();
  kept->reserve(size);
  for (const auto& [name, value] : fields.first(count)) kept->append(name).append(": ").append(value).append("\r\n");
  record.fields = kept;
}

}  // namespace

Report::Report(Recorder& recorder, const net::Accepted& accepted)
    : recorder_(recorder),
      accepted_at_(std::chrono::steady_clock::now()),
      entry_(recorder.accepted(accepted.local, accepted.remote)) {}

void Report::idle(Exchange* exchange) {
  if (requests_ == 0) return;
  if (exchange == nullptr || exchange->unflushed.empty()) return recorder_.idle(entry_);
  look_at_keepalive_again();
  recorder_.idle(entry_, exchange->unflushed);
  exchange->unflushed.clear();
}

std::chrono::steady_clock::time_point Report::last_answer(const Exchange* exchange) const {
  const bool is_there = exchange != nullptr && !exchange->unflushed.empty();
  return accepted_at_ + (is_there ? exchange->unflushed.back().answered_at : now());
}

void Report::request_begins(Exchange& exchange) {
  const RequestMessage& message = exchange.parser.message();
  RequestRecord& record = exchange.record;
  record.connection_id = entry_.id();
  record.number = ++requests_;
  if (exchange.parser.started()) recorder_.count_request(entry_);
  record.method = message.method;
  record.target = message.target.substr(0, recorded_target);
  record.version = exchange.parser.version_said();
  keep_fields(record, message.fields, recorder_.options().fields_kept);
  record.status = 0;
  record.persistence = {};
  record.answered_at = {};
  record.request_body_bytes = exchange.parser.body_received();
  record.response_body_bytes = 0;
  record.seen_by = SeenBy::nobody;
  record.answer_end = 0;
  record.answer_spoiled = false;
  if (record.received_at.count() == 0) record.received_at = now();
  // A client that sends a request has set its socket up.
  look_at_keepalive();
}

void Report::answering(const Exchange& exchange) {
  if (!exchange.unflushed.empty()) recorder_.answering(entry_, exchange.unflushed);
}

void Report::note_answered(Exchange& exchange, std::chrono::nanoseconds at, std::uint64_t sent) {
  if (exchange.unflushed.empty()) return;
  for (RequestRecord& request : exchange.unflushed) {
    request.answered_at = at;
    request.answer_end = sent;
  }
  const std::uint64_t streamed = exchange.output.take_streamed();
  if (streamed > 0) exchange.unflushed.back().response_body_bytes = streamed;
}

void Report::body_received(Exchange& exchange) {
  RequestRecord& request = exchange.record;
  request.body_received_at = now();
  request.request_body_bytes = exchange.parser.body_received();
  for (RequestRecord& each : exchange.unflushed) {
    if (each.number != request.number) continue;
    each.body_received_at = request.body_received_at;
    each.request_body_bytes = request.request_body_bytes;
  }
  recorder_.body_received(entry_, request);
}

void Report::look_at_client() {
  if (recorder_.options().local_clients == Switch::off) return;
  const auto found = find_local_client(server(), client());
  if (!found) return;
  local_client_ = std::make_unique<LocalClient>(*found);
  recorder_.local_client(entry_, *found);
}

void Report::look_at_keepalive() {
  if (local_client_ == nullptr) return;
  local_client_->keepalive = find_keepalive(server(), client());
  if (!local_client_->keepalive) return;
  recorder_.local_client(entry_, *local_client_);
  local_client_.reset();
}

/// By now nothing else runs a timer at the client, but it may be gone.
void Report::look_at_keepalive_again() {
  look_at_keepalive();
  local_client_.reset();
}

void Report::answered(Exchange& exchange) {
  if (exchange.unflushed.empty()) return;
  look_at_keepalive_again();
  recorder_.answered(entry_, exchange.unflushed);
  exchange.unflushed.clear();
}

void Report::unanswered(Exchange& exchange, Head head, std::uint64_t sent) {
  if (head == Head::here && exchange.record.number == 0) request_begins(exchange);
  std::vector<RequestRecord>& requests = exchange.unflushed;
  const bool is_out = exchange.output.is_handed_over();
  for (RequestRecord& request : requests) {
    request.answer_end = sent;
    if (is_out && ends_with_head(request)) request.answered_at = now();
  }
  may_retry(exchange.retry(), Source::syscall);
  const bool begun = exchange.record.number > 0 && exchange.answer != Exchange::Answer::queued;
  if (begun) {
    const bool by_handler = exchange.answer == Exchange::Answer::by_handler;
    exchange.record.seen_by = by_handler ? SeenBy::handler : SeenBy::nobody;
    requests.reserve(requests.size() + 1);
    requests.push_back(std::exchange(exchange.record, {}));
  }
  const std::uint64_t streamed = exchange.output.take_streamed();
  if (streamed > 0 && !requests.empty()) requests.back().response_body_bytes = streamed;
  answered(exchange);
}

void Report::unfinished(const Exchange& exchange) { rest_ = RequestRest(exchange.parser.rest()); }

void Report::left_over(std::string_view bytes) { further(rest_.take(bytes)); }

/// A request that nobody has seen, or what may be one.
void Report::further(RequestRest::Further what) {
  if (what == RequestRest::Further::none) return;
  may_retry(Retry::safe, what == RequestRest::Further::request ? Source::syscall : Source::inferred);
}

/// The worst counts, and how that is known best.
void Report::may_retry(Retry retry, Source source) {
  if (retry < retry_) return;
  retry_source_ = retry == retry_ ? std::min(retry_source_, source) : source;
  retry_ = retry;
}

void Report::dropped(std::string_view bytes) {
  dropped_ += bytes.size();
  left_over(bytes);
}

/// What was not looked at, and is not of the request, was of a further one.
void Report::unread(std::span<const Evidence> evidence, std::string_view start) {
  dropped(start);
  std::uint64_t unread = 0;
  for (const Evidence& each : evidence) unread = std::max<std::uint64_t>(unread, unread_in(each));
  further(rest_.take_unseen(unread - std::min<std::uint64_t>(unread, dropped_)));
}

void Report::rule_fired(std::uint64_t request_number, const BookedRule& booked, std::uint64_t said_bytes) {
  RuleFiring firing{now(), booked.id, request_number, describe_act(booked.rule), booked.rule.at.at, said_bytes};
  if (std::holds_alternative<SlowAction>(booked.rule.action)) firing.pieces.emplace();
  recorder_.rule_fired(entry_.id(), std::move(firing));
}

void Report::progress(const net::EndedConnection& ended) {
  recorder_.observed(ended, net::derive_verdict(ended.evidence, accepted_at_), net::Progress::transitional);
}

void Report::settle_retry() {
  if (retry_ != Retry::not_needed) recorder_.retry(entry_.id(), retry_, retry_source_);
}

}  // namespace closelab::server
