#include "server/connection/rule_runner.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "server/connection/said.h"

namespace closelab::server {
namespace {

using std::chrono::milliseconds;

bool is_truncation(const Rule& rule) { return std::holds_alternative<TruncateAction>(rule.action); }

/// Where the moment comes in a body of this length (unset: not known); unset: it does not, or that can't be known.
std::optional<std::uint64_t> position_of(const Trigger& trigger, std::optional<std::uint64_t> length) {
  if (trigger.at == At::after_response) return length.value_or(std::numeric_limits<std::uint64_t>::max());
  if (!length) return std::nullopt;
  if (trigger.at == At::response_headers) return 0;
  return trigger.bytes <= *length ? std::optional(trigger.bytes) : std::nullopt;
}

/// Modes in which close() may send an RST, which would destroy what the client has not acknowledged.
bool may_reset(CloseMode mode) {
  return mode == CloseMode::abortive || mode == CloseMode::immediate || mode == CloseMode::delayed;
}

Step pause_for(Wait what, std::optional<milliseconds> duration = {}) {
  return {.kind = Step::Kind::wait, .wait = what, .duration = duration};
}

}  // namespace

bool is_in_response(At at) { return at >= At::response_headers && at <= At::after_response; }

void RuleRunner::arm_at_accept(const RuleBook& book, std::uint64_t connection_id) {
  book_version_ = book.version();
  if (book.empty()) return;
  const Place place{connection_id, 0, {}};
  const auto rules = book.snapshot();
  for (const auto& booked : *rules) {
    const Rule& rule = booked->rule;
    const bool for_now = rule.at.at == At::accept || (rule.at.at == At::idle && !rule.request && rule.path.empty());
    if (for_now && matches(rule, place)) arm(booked, place, book.seed());
  }
}

void RuleRunner::arm_for_request(const RuleBook& book, const Place& place, std::vector<Rule> own) {
  book_version_ = book.version();
  if (state_ != nullptr) {
    state_->armed.clear();
    state_->proceed = Continue::ours;
  }
  if (!book.empty()) {
    const auto rules = book.snapshot();
    for (const auto& booked : *rules) {
      if (booked->rule.at.at != At::accept && matches(booked->rule, place)) arm(booked, place, book.seed());
    }
  }
  for (Rule& rule : own) {
    if (error_of(rule).empty()) arm(std::make_shared<BookedRule>(0, std::move(rule)), place, book.seed());
  }
}

void RuleRunner::arm_for_next_request(const RuleBook& book, const Place& place) {
  book_version_ = book.version();
  const auto is_of_book = [](const Armed& a) {
    return a.booked->id != 0 && a.booked->rule.at.at == At::next_request && !a.claimed;
  };
  if (state_ != nullptr) std::erase_if(state_->armed, is_of_book);
  const auto rules = book.snapshot();
  for (const auto& booked : *rules) {
    if (booked->rule.at.at == At::next_request && matches(booked->rule, place)) arm(booked, place, book.seed());
  }
}

void RuleRunner::arm(const std::shared_ptr<BookedRule>& booked, const Place& place, std::uint64_t seed) {
  const double probability = booked->rule.probability;
  if (probability < 1 && !draws(probability, seed, booked->id, place.connection_id, place.request_number)) return;
  if (state_ == nullptr) state_ = std::make_unique<State>();
  state_->armed.push_back({booked});
}

void RuleRunner::forget_request() {
  if (state_ != nullptr) std::erase_if(state_->armed, [](const Armed& a) { return a.booked->rule.at.at != At::idle; });
}

bool RuleRunner::has(At at) const {
  return std::ranges::any_of(state_->armed, [at](const Armed& a) { return !a.done && a.booked->rule.at.at == at; });
}

/// The first armed rule for this moment.
RuleRunner::Armed* RuleRunner::due(const Moment& moment) {
  const auto found = std::ranges::find_if(state_->armed, [&](const Armed& candidate) {
    const Trigger& trigger = candidate.booked->rule.at;
    return !candidate.done && trigger.at == moment.at && trigger.bytes == moment.bytes &&
           trigger.after <= moment.idle_for && candidate.booked->rule.idle_at_least <= moment.idle_for;
  });
  return found != state_->armed.end() ? &*found : nullptr;
}

std::shared_ptr<BookedRule> RuleRunner::take_turn(const Moment& moment) {
  if (state_ == nullptr) return nullptr;
  while (Armed* armed = due(moment)) {
    armed->done = true;
    if (armed->claim()) return armed->booked;
  }
  return nullptr;
}

Step RuleRunner::perform(const BookedRule& booked, const Moment& moment, const Settings& settings) {
  const Rule& rule = booked.rule;
  Step step;
  if (const auto* closing = std::get_if<CloseAction>(&rule.action)) {
    step = close(closing->mode, moment.at, settings);
  } else if (const auto* delay = std::get_if<DelayAction>(&rule.action)) {
    step = pause_for(Wait::delay, delay->duration);
  } else if (std::holds_alternative<StallAction>(rule.action)) {
    step = pause_for(Wait::stall);
  } else if (is_truncation(rule)) {
    step = truncate(moment.at, settings);
  } else if (const auto* slow = std::get_if<SlowAction>(&rule.action)) {
    state_->pace = *slow;
    state_->write_after = {};
  } else {
    step = say(booked, moment, settings);
  }
  if (step.kind == Step::Kind::wait) state_->interrupted = moment;
  return step;
}

/// What follows from what the rule has said.
Step RuleRunner::say(const BookedRule& booked, const Moment& moment, const Settings& settings) {
  const Action& action = booked.rule.action;
  if (const auto* announce = std::get_if<AnnounceAction>(&action)) {
    state_->announcement = announce->text;
  } else if (const auto* expect = std::get_if<ExpectAction>(&action)) {
    const bool late = expect->kind == ExpectAction::Kind::late;
    state_->proceed = late ? Continue::late : Continue::theirs;
    if (late) return pause_for(Wait::delay, expect->after);
  } else if (const auto* send = std::get_if<SendAction>(&action)) {
    if (send->close) return close_behind(*send->close, settings);
  } else if (const auto* answer = std::get_if<AnswerAction>(&action)) {
    const bool to_close = answer->framing == AnswerAction::Framing::close;
    const auto mode = to_close && !answer->close ? settings.mode : answer->close;
    if (!is_asked_at(moment.at)) return mode ? close_behind(*mode, settings) : Step{};
    if (mode) arm_close(booked, *mode);
    if (answer->announce) state_->announcement = answer->announce;
  }
  return {};
}

void RuleRunner::arm_close(const BookedRule& booked, CloseMode mode) {
  Rule rule = at(At::after_response).close(mode);
  state_->armed.push_back({.booked = std::make_shared<BookedRule>(booked.id, std::move(rule)), .claimed = true});
}

RuleRunner::Continue RuleRunner::take_continue() {
  return state_ != nullptr ? std::exchange(state_->proceed, Continue::ours) : Continue::ours;
}

std::optional<std::string> RuleRunner::take_announcement() {
  if (state_ == nullptr) return std::nullopt;
  if (auto said = std::exchange(state_->announcement, std::nullopt)) return said;
  for (const Armed& a : state_->armed) {
    const auto* close = std::get_if<CloseAction>(&a.booked->rule.action);
    if (!a.done && close != nullptr && close->announce) return close->announce;
  }
  return std::nullopt;
}

bool RuleRunner::closes_behind_response() {
  if (state_ == nullptr) return false;
  for (Armed& a : state_->armed) {
    const Rule& rule = a.booked->rule;
    const bool closes = std::holds_alternative<CloseAction>(rule.action) && rule.at.at == At::after_response;
    if (a.done || !closes) continue;
    a.done = !a.claim();
    if (!a.done) return true;
  }
  return false;
}

Step RuleRunner::close(CloseMode mode, At at, const Settings& settings) {
  if (is_in_response(at)) return close_behind(mode, settings);
  return {.kind = Step::Kind::end, .ending = Ending::cut, .reason = CloseReason::rule, .mode = mode};
}

/// What has been sent is to arrive.
Step RuleRunner::close_behind(CloseMode mode, const Settings& settings) {
  if (!may_reset(mode)) return close(mode, At::accept, settings);
  state_->pending_mode = mode;
  return pause_for(Wait::acknowledge, settings.write_timeout);
}

Step RuleRunner::truncate(At at, const Settings& settings) {
  if (!is_in_response(at)) {
    state_->truncate_response = true;
    return {};
  }
  state_->truncated = true;
  return close(settings.mode, at, settings);
}

std::optional<RuleRunner::Moment> RuleRunner::take_interrupted() {
  return state_ != nullptr ? std::exchange(state_->interrupted, std::nullopt) : std::nullopt;
}

void RuleRunner::cut() {
  if (state_ != nullptr) state_->interrupted.reset();
}

std::optional<std::uint64_t> RuleRunner::next_stop(At body, std::uint64_t from) const {
  std::optional<std::uint64_t> next;
  if (state_ == nullptr) return next;
  for (const Armed& a : state_->armed) {
    const Trigger& trigger = a.booked->rule.at;
    if (a.done || trigger.at != body || trigger.bytes < from) continue;
    next = std::min(next.value_or(trigger.bytes), trigger.bytes);
  }
  return next;
}

std::optional<milliseconds> RuleRunner::next_idle() const {
  std::optional<milliseconds> next;
  if (state_ == nullptr) return next;
  for (const Armed& a : state_->armed) {
    const Trigger& trigger = a.booked->rule.at;
    if (!a.done && trigger.at == At::idle) next = std::min(next.value_or(trigger.after), trigger.after);
  }
  return next;
}

/// The response must be written piece by piece, because a rule acts in its middle; where, and what its head must
/// promise for that.
bool RuleRunner::plan_response(http::ResponseFraming& framing, Output& output) {
  if (state_ == nullptr) return false;
  std::optional<std::uint64_t> length;
  if (framing.framing == http::Framing::content_length) length = framing.length;
  if (framing.body == http::ResponseBody::sent) claim_truncations(length);
  const auto acts = [](const Armed& a) { return !a.done && is_in_response(a.booked->rule.at.at); };
  state_->answering = state_->truncate_response || state_->pace || std::ranges::any_of(state_->armed, acts);
  if (!state_->answering) return false;
  output.begin_response();
  const bool head_stop = state_->truncate_response || has(At::response_headers);
  output.hold_at(head_stop ? 0 : next_stop(At::response_body, 0));
  output.hold_wire_at(next_stop(At::response_wire, 0));
  const auto end = framing.body == http::ResponseBody::sent ? truncation(length) : std::nullopt;
  if (!end) return false;
  output.omit_last_chunk();
  if (end == length) ++framing.length;
  return length || framing.framing == http::Framing::chunked;
}

/// Takes the turns of truncations in or after a body of this length, which its head has to hide; those that have none
/// left are done.
void RuleRunner::claim_truncations(std::optional<std::uint64_t> length) {
  for (Armed& a : state_->armed) {
    const Rule& rule = a.booked->rule;
    const bool comes = is_truncation(rule) && is_in_response(rule.at.at) && position_of(rule.at, length);
    if (!a.done && comes) a.done = !a.claim();
  }
}

/// Where a body of this length (unset: not known) is cut off by a rule; unset: nowhere.
std::optional<std::uint64_t> RuleRunner::truncation(std::optional<std::uint64_t> length) const {
  if (state_->truncate_response) return 0;
  std::optional<std::uint64_t> first;
  for (const Armed& a : state_->armed) {
    const Rule& rule = a.booked->rule;
    if (a.done || !is_truncation(rule) || !is_in_response(rule.at.at)) continue;
    const auto position = position_of(rule.at, length);
    if (position) first = std::min(first.value_or(*position), *position);
  }
  return first;
}

bool RuleRunner::response_sent(Output& output) {
  if (state_ == nullptr || !std::exchange(state_->answering, false)) return false;
  state_->pace.reset();
  state_->truncate_response = false;
  output.allow(std::nullopt);
  return true;
}

milliseconds RuleRunner::until_read(Clock::time_point now, std::size_t& bytes) {
  if (now < state_->read_after) return std::chrono::ceil<milliseconds>(state_->read_after - now);
  state_->read_after = now + state_->pace->every;
  bytes = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, state_->pace->bytes));
  return milliseconds(0);
}

bool RuleRunner::allow_more(Clock::time_point now, Output& output) {
  if (now < state_->write_after) return false;
  output.allow(state_->pace->bytes);
  return true;
}

void RuleRunner::piece_sent(Clock::time_point now) { state_->write_after = now + state_->pace->every; }

milliseconds RuleRunner::until_write(Clock::time_point now) const {
  return std::chrono::ceil<milliseconds>(state_->write_after - now);
}

}  // namespace closelab::server
