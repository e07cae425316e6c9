#include "server/connection/connection.h"

#include <cassert>
#include <cerrno>
#include <utility>

#include "net/kernel/tcp_probe.h"
#include "net/socket/resource_error.h"

// What happens to a connection, what the lifecycle makes of it, and waiting.

namespace closelab::server {
namespace {

using std::chrono::milliseconds;
using Kind = Step::Kind;

TcpState state_of(const net::Stream& stream) { return net::sample_socket(stream.fd(), net::SampleDepth::state).state; }

/// What of a request has not been read; none when it is only refused.
std::optional<fact::RequestUnfinished> missing_part(const http::RequestParser& parser) {
  using Part = fact::RequestUnfinished::Part;
  using End = http::MessageRest::End;
  const http::MessageRest rest = parser.rest();
  if (rest.end == End::unknown) return fact::RequestUnfinished{Part::unknown};
  // The rest that an empty line ends has no size.
  if (parser.framing() != http::BodyFraming::none) return fact::RequestUnfinished{Part::body, rest.bytes};
  return rest.end == End::empty_line ? std::optional(fact::RequestUnfinished{Part::head}) : std::nullopt;
}

void note_unfinished(const Exchange& exchange, ConnectionEnd& end, Report& report) {
  end.note_unfinished(missing_part(exchange.parser));
  report.unfinished(exchange);
}

/// What was read, and will not be taken in.
void leave(std::string_view& input, Stage before, const Exchange* exchange, ConnectionEnd& end, Report& report) {
  // In the middle of a body it is more of that.
  if (before == Stage::body) note_unfinished(*exchange, end, report);
  report.left_over(left_over(input, exchange));
  input = {};
}

/// Who connects during a drain is not turned away before its first answer.
IdleLimits idle_limits(const ConnectionHost& host, const Report& report, const RuleRunner& rules) {
  IdleLimits limits{rules.next_idle(), {}};
  const auto& drain = host.drain();
  const bool closes = drain && !drain->options.status;
  if (closes && (report.requests() > 0 || report.accepted_at() < drain->since)) limits.drain_since = drain->since;
  return limits;
}

/// Is an answer owed, or on its way? The stage may be idle again before its end is out.
bool is_answering(Stage stage, const Exchange* exchange) {
  return stage >= Stage::answering || (exchange != nullptr && !exchange->output.empty());
}

Report::Head head_in(Stage stage) {
  return stage == Stage::body || stage == Stage::answering ? Report::Head::here : Report::Head::not_here;
}

}  // namespace

Connection::Connection(ConnectionHost& host, const net::Accepted& accepted, Admission admitted)
    : admission(admitted),
      host_(host),
      stream_(host.ready_set(), accepted.fd, *this),
      report_(host.shared().recorder, accepted),
      end_(admitted == Admission::surplus ? CloseMode::immediate : host.shared().options.close_mode),
      waiting_(host, stream_, *this) {}

void Connection::start() {
  host_.shared().observer.accepted(id(), {report_.server(), report_.client()}, stream_.fd());
  if (admission != Admission::served) {
    exchange_ = host_.exchanges().take();
    take(Event::no_room);
    return proceed();
  }
  report_.look_at_client();
  rules_.arm_at_accept(host_.shared().rules, id());
  // An exchange is there when a rule has said something that the kernel has not taken yet.
  act({At::accept}) == Kind::go_on&& exchange_ == nullptr ? readable() : proceed();
}

bool Connection::is_idle() const {
  const bool between_requests = state_.stage == Stage::idle || state_.stage == Stage::empty_lines;
  return between_requests && state_.pause == Wait::none && (exchange_ == nullptr || exchange_->output.empty());
}

void Connection::close(CloseMode mode) {
  if (state_.stage == Stage::ending && end_.has_begun()) {
    if (end_.is_over()) return;
    if (mode != CloseMode::abortive) mode = CloseMode::immediate;
    end_.teardown().set_mode(mode);
    end_.report_again();
  }
  take(Event::close, {.mode = mode});
  proceed();
}

void Connection::command(Event event) {
  if (end_.is_over()) return;
  const Wait pause = state_.pause;
  if (take(event) == Kind::end) return proceed();
  if (event != Event::stop || state_.stage == Stage::ending) return;
  // A request may have crossed the decision to stop: it is still answered, and the connection closed after it.
  if (pause == Wait::none) return readable();
  if (state_.pause == Wait::none) end_pause();
}

void Connection::drain_changed() {
  if (!is_idle()) return;
  const auto& drain = host_.drain();
  const bool at_once = drain && !drain->options.status && drain->options.idle_after <= milliseconds(0);
  // A request may have crossed the decision: it is answered, and told.
  if (at_once && drain->options.announce == Switch::on) readable();
  if (!is_idle()) return;
  if (!at_once) return waiting_.for_request_still(idle_limits(host_, report_, rules_));
  take(Event::drained);
  proceed();
}

void Connection::deadline_passed(DeadlineKind kind) {
  switch (kind) {
    case DeadlineKind::idle:
      take(Event::idle_timeout);
      return proceed();
    case DeadlineKind::header:
      take(Event::header_timeout);
      return proceed();
    case DeadlineKind::body:
      take(Event::body_timeout);
      return proceed();
    case DeadlineKind::write:
      if (exchange_->client_takes(net::unacknowledged_bytes(stream_.fd()))) return waiting_.for_client_still();
      take(Event::write_timeout);
      return;
    case DeadlineKind::idle_write:
      if (!waiting_.idle_client_takes()) return static_cast<void>(take(Event::write_timeout));
      return waiting_.for_request_still(idle_limits(host_, report_, rules_));
    case DeadlineKind::delay:
      respond(*std::exchange(exchange_->delayed, std::nullopt));
      return resume();
    case DeadlineKind::idle_rule:
      if (act({At::idle, 0, waiting_.idle_for()}) != Kind::go_on) return proceed();
      waiting_.for_request_still(idle_limits(host_, report_, rules_));
      return exchange_ != nullptr ? proceed() : void();
    case DeadlineKind::idle_drain:
      take(Event::drained);
      return proceed();
    case DeadlineKind::pause:
      return look_at_pause();
    case DeadlineKind::teardown:
      return look_at_teardown();
  }
}

// What the lifecycle says.

Kind Connection::take(Event event, const Detail& detail) {
  const Transition* next = host_.is_stopping() ? nullptr : certain_step(state_, event);
  const auto decided = next == nullptr ? next_step(state_, event, circumstances(event)) : std::nullopt;
  if (decided) next = &*decided;
  if (next == nullptr) return assert(!"an event that can't happen in this state"), Kind::go_on;
  const Stage before = std::exchange(state_.stage, next->stage);
  switch (next->step.kind) {
    case Kind::go_on:
      state_.pause = Wait::none;
      break;
    case Kind::wait:
      return wait(next->step.wait == Wait::none ? detail.wait : next->step.wait, detail.duration);
    case Kind::end:
      state_.pause = Wait::none;
      end(next->step, before, event, detail);
      break;
  }
  return next->step.kind;
}

/// Where the kernel can't tell when what is waited for has come (ENOSPC, ENOMEM of epoll_ctl(2)), the connection ends.
Kind Connection::wait(Wait what, std::optional<milliseconds> duration) {
  keep(input_, exchange_.get());
  stream_.ignore_end();
  const Timeouts& timeouts = host_.shared().options.timeouts;
  int error = 0;
  switch (what) {
    case Wait::request: {
      const auto since =
          waiting_.for_request(idle_limits(host_, report_, rules_), report_.last_answer(exchange_.get()));
      if (since == Waiting::Since::now) report_.idle(exchange_.get());
      // Empty lines before a request leave the parser in the middle of something.
      if (state_.stage == Stage::idle) host_.exchanges().give_back(std::exchange(exchange_, nullptr));
      error = stream_.wait_readable();
      break;
    }
    case Wait::head:
    case Wait::body: {
      const auto since = what == Wait::head ? waiting_.for_rest(DeadlineKind::header, timeouts.header_timeout)
                                            : waiting_.for_rest(DeadlineKind::body, timeouts.body_timeout);
      if (since == Waiting::Since::now) report_.waits();
      error = stream_.wait_readable();
      break;
    }
    case Wait::answer:
      report_.waits();
      waiting_.for_answer(exchange_->delayed ? std::optional(exchange_->delayed_until) : std::nullopt);
      error = stream_.watch_end();
      break;
    case Wait::client:
      report_.waits();
      if (end_.has_begun()) report_.progress(end_.teardown().connection());
      waiting_.for_client(*exchange_);
      error = stream_.wait_writable();
      break;
    default:
      pause(what, duration);
      // What waits for acknowledgements looks at the connection's state anyhow.
      if (what != Wait::acknowledge) error = stream_.watch_end();
  }
  if (exchange_ != nullptr) host_.exchanges().count(*exchange_);
  if (error == 0) return Kind::wait;
  fail(what == Wait::client ? net::IoCall::send : net::IoCall::receive, error);
  return Kind::end;
}

void Connection::pause(Wait why, std::optional<milliseconds> duration) {
  if (why == std::exchange(state_.pause, why)) return waiting_.look_later(why);
  if (why == Wait::hold) {
    // What ends the hold may change how the connection ends.
    end_.report(report_, exchange_.get());
    end_.report_again();
  }
  if (exchange_ != nullptr) report_.waits();
  waiting_.pause(why, duration);
}

Circumstances Connection::circumstances(Event event) const {
  const Options& options = host_.shared().options;
  Circumstances c{.client_half_close = options.client_half_close, .timeout_response = options.timeout_response};
  if (host_.is_stopping()) c.server = Circumstances::Server::stopping;
  if (exchange_ != nullptr && exchange_->answer == Exchange::Answer::queued) c.answer = Circumstances::Answer::given;
  if (exchange_ != nullptr && !exchange_->output.empty()) c.output = Circumstances::Output::pending;
  if (end_.has_client_fin()) c.client_fin = Circumstances::ClientFin::received;
  const bool is_told = end_.reason() == CloseReason::command || end_.reason() == CloseReason::out_of_memory;
  const bool may_hold = event == Event::flushed && !is_told && !host_.is_stopping() && admission != Admission::surplus;
  if (may_hold && host_.shared().holds.is_held(id())) c.closing = Circumstances::Closing::held;
  return c;
}

void Connection::end(const Step& step, Stage before, Event event, const Detail& detail) {
  end_.decide(step, detail.reason, detail.mode);
  switch (step.ending) {
    case Ending::refuse: {
      report_.request_begins(*exchange_);
      note_unfinished(*exchange_, end_, report_);
      const int status = step.status != 0 ? step.status : exchange_->parser.error().status;
      const std::string text = refusal_text(event, host_.shared().options, exchange_->parser.error());
      report_.refused(text);
      return send_response(text_response(status, text), end_.reason());
    }
    case Ending::cut:
      return cut(before);
    case Ending::break_off:
      return break_off(before, event, detail);
    case Ending::hurry:
      return look_at_teardown();
    case Ending::flush:
      if (before == Stage::body) note_unfinished(*exchange_, end_, report_);
      return;
    case Ending::tear_down:
      return;
  }
}

/// Drops what is under way. Its requests, served or not, go into the record as they are.
void Connection::cut(Stage before) {
  rules_.cut();
  leave(input_, before, exchange_.get(), end_, report_);
  if (exchange_ == nullptr) return;
  report_.unanswered(*exchange_, head_in(before), stream_.sent());
  exchange_->drop();
}

void Connection::break_off(Stage before, Event event, const Detail& detail) {
  leave(input_, before, exchange_.get(), end_, report_);
  if (exchange_ != nullptr) report_.unanswered(*exchange_, head_in(before), stream_.sent());
  net::Teardown& teardown = end_.begin(host_, stream_, report_);
  switch (event) {
    case Event::client_reset:
    case Event::connection_lost:
      teardown.failed(detail.call, detail.error);
      break;
    case Event::write_timeout:
      teardown.time_exceeded();
      break;
    case Event::answer_incomplete:
      teardown.incomplete();
      break;
    default:
      teardown.stopped();
      break;
  }
  after_teardown_step();
}

void Connection::fail(net::IoCall call, int error) {
  const bool reset = error == ECONNRESET || error == EPIPE;
  const CloseReason reason = net::is_resource_error(error) ? CloseReason::out_of_memory : CloseReason::none;
  take(reset ? Event::client_reset : Event::connection_lost, {.reason = reason, .call = call, .error = error});
}

// Pauses.

void Connection::reconsider(Wait pause) {
  if (state_.pause != pause || (pause == Wait::hold && host_.shared().holds.is_held(id()))) return;
  take(Event::pause_over);
  end_pause();
}

/// What a pause waits for may have come; some of it has no event.
void Connection::look_at_pause() {
  if (state_.pause == Wait::stall && host_.is_stopping()) return command(Event::stop);
  if (state_.pause == Wait::acknowledge) {
    const bool over = state_of(stream_) == TcpState::closed || waiting_.is_pause_over();
    if (!over && net::unacknowledged_bytes(stream_.fd()) > 0) return waiting_.look_later(state_.pause);
  }
  take(Event::pause_over, {.mode = rules_.pending_mode()}) == Kind::end ? proceed() : end_pause();
}

/// A FIN or an error has arrived while nobody reads. What the client sent before it stays unread, but for the rest of a
/// request that a rule delays: that is read before what follows it.
void Connection::notice_client() {
  const TcpState state = state_of(stream_);
  const bool is_read_later = state_.pause == Wait::delay && !is_answering(state_.stage, exchange_.get());
  if (state == TcpState::closed && (!is_read_later || net::unread_bytes(stream_.fd()) == 0)) {
    const int error = end_.begin(host_, stream_, report_).note_end();
    return fail(net::IoCall::receive, error != 0 ? error : ECONNRESET);
  }
  if (state == TcpState::close_wait) {
    net::Teardown& teardown = end_.begin(host_, stream_, report_);
    teardown.noticed_fin();
    report_.progress(teardown.connection());
  }
  if (state != TcpState::close_wait || is_read_later)
    return static_cast<void>(wait(state_.pause == Wait::none ? Wait::answer : state_.pause, {}));
  if (take(Event::noticed_fin) == Kind::end) proceed();
}

}  // namespace closelab::server
