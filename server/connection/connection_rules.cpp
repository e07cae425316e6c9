#include <utility>

#include "server/connection/connection.h"
#include "server/connection/said.h"
#include "server/text/longest_time.h"

// What rules do and say, and how the connection goes on after it.

namespace closelab::server {
namespace {

using Kind = Step::Kind;

/// What has been handed over of an answer is not what its handler said.
void note_spoiled(Exchange& exchange, At at) {
  const bool inside = at == At::response_headers || at == At::response_body || at == At::response_wire;
  if (inside && !exchange.unflushed.empty()) exchange.unflushed.back().answer_spoiled = true;
}

/// Rules that have come while the connection was idle are for its next request already.
void learn_new_rules(RuleRunner& rules, const RuleBook& book, const Report& report) {
  if (!rules.is_behind(book) || report.requests() == 0) return;
  const auto [method, target] = report.last_request();
  const std::string_view path = std::string_view(target).substr(0, target.find('?'));
  rules.arm_for_next_request(book, {report.id(), report.requests(), path, method});
}

}  // namespace

Kind Connection::act_by_rules(const RuleRunner::Moment& moment) {
  if (moment.at == At::next_request) learn_new_rules(rules_, host_.shared().rules, report_);
  if (!rules_.any()) return Kind::go_on;
  const RuleRunner::Settings settings{end_.mode(), host_.shared().options.timeouts.write_timeout};
  while (const auto booked = rules_.take_turn(moment)) {
    const std::string bytes = bytes_said_at_once(booked->rule, host_.date());
    const bool before_its_record = exchange_ != nullptr && exchange_->parser.started() && exchange_->record.number == 0;
    report_.rule_fired(report_.requests() + (before_its_record ? 1 : 0), *booked, bytes.size());
    if (!bytes.empty() && say(bytes, moment.at) == Kind::end) return Kind::end;
    const auto* answer = std::get_if<AnswerAction>(&booked->rule.action);
    if (answer != nullptr && is_asked_at(moment.at)) exchange_->said = *answer;
    const Kind kind = obey(rules_.perform(*booked, moment, settings));
    if (kind != Kind::go_on) return kind;
  }
  return answer_early();
}

/// Bytes of a rule go out at once, before anything else that is done at this moment.
Kind Connection::say(std::string_view bytes, At at) {
  const bool had_exchange = exchange_ != nullptr;
  if (!had_exchange) exchange_ = host_.exchanges().take();
  Output& output = exchange_->output;
  note_spoiled(*exchange_, at);
  output.say(bytes);
  if (output.write(stream_, net::MoreToCome::no) == Output::Result::failed) {
    fail(net::IoCall::send, output.error());
    return Kind::end;
  }
  if (!had_exchange && output.empty()) host_.exchanges().give_back(std::move(exchange_));
  return Kind::go_on;
}

Kind Connection::obey(const Step& step) {
  if (rules_.has_truncated()) report_.truncated();
  if (step.kind == Kind::wait) return take(Event::rule_waits, {.wait = step.wait, .duration = step.duration});
  return step.kind == Kind::end ? take(Event::rule_closes, {.mode = step.mode}) : Kind::go_on;
}

/// The response has come to where a rule waits for it.
Kind Connection::pass_stop() {
  Output& output = exchange_->output;
  // At its end there may be a stop too.
  if (output.is_complete()) {
    Report::note_answered(*exchange_, report_.now(), stream_.sent());
    report_.answered(*exchange_);
  }
  if (output.is_at_wire_hold()) {
    const std::uint64_t wire_position = output.wire_position();
    if (const Kind kind = act({At::response_wire, wire_position}); kind != Kind::go_on) return kind;
    output.hold_wire_at(rules_.next_stop(At::response_wire, wire_position + 1));
    return Kind::go_on;
  }
  const std::uint64_t position = output.body_position();
  if (position == 0 && rules_.omits_body()) {
    return obey(rules_.truncate(At::response_headers, {end_.mode(), host_.shared().options.timeouts.write_timeout}));
  }
  if (position == 0) {
    if (const Kind kind = act({At::response_headers}); kind != Kind::go_on) return kind;
  }
  if (const Kind kind = act({At::response_body, position}); kind != Kind::go_on) return kind;
  output.hold_at(rules_.next_stop(At::response_body, position + 1));
  return Kind::go_on;
}

/// A rule, or a handler that was asked, answers though the request's body has not been read.
Kind Connection::answer_early(std::optional<HandlerAnswer> of_handler) {
  const bool said = exchange_ != nullptr && exchange_->said && exchange_->said->read_body == Switch::off;
  const bool may_answer = state_.stage == Stage::body && exchange_->answer == Exchange::Answer::none;
  if (!may_answer || (!said && !of_handler)) return Kind::go_on;
  HandlerAnswer answer = of_handler ? std::move(*of_handler) : HandlerAnswer{response_of(*exchange_->said)};
  report_.request_begins(*exchange_);
  exchange_->answer = answer.by;
  if (const auto delay = std::exchange(answer.response.delay, {}); delay > std::chrono::milliseconds(0)) {
    exchange_->delayed = std::move(answer.response);
    return take(Event::rule_waits, {.wait = Wait::delay, .duration = bounded(delay)});
  }
  answer.decided != CloseReason::none ? send_response(std::move(answer.response), answer.decided)
                                      : respond(std::move(answer.response));
  if (state_.pause != Wait::none) return Kind::wait;
  return state_.stage == Stage::body ? Kind::go_on : Kind::end;
}

/// The pause is over: the connection goes on where it was.
void Connection::end_pause() {
  if (const auto moment = rules_.take_interrupted()) {
    // Others may still have their turn there.
    if (act(*moment) != Kind::go_on) return proceed();
    const bool begins = moment->at >= At::request_headers && moment->at <= At::request_body && moment->bytes == 0;
    if (begins && body_begins(moment->at) != Kind::go_on) return proceed();
  }
  if (exchange_ == nullptr) return state_.stage == Stage::finishing ? tear_down() : readable();
  if (exchange_->delayed) respond(*std::exchange(exchange_->delayed, std::nullopt));
  resume();
}

}  // namespace closelab::server
