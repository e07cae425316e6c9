#include <utility>

#include "net/kernel/tcp_probe.h"
#include "server/connection/connection.h"
#include "server/connection/fixed_limits.h"

// The steps of a connection's end, which net/teardown carries out.

namespace closelab::server {
namespace {

using std::chrono::milliseconds;

}  // namespace

/// Everything has been handed to the kernel. A hold that it can't watch ends the connection there.
void Connection::tear_down() {
  if (take(Event::flushed) == Step::Kind::wait || end_.is_over()) return;
  const bool had_body = exchange_ != nullptr && exchange_->parser.body_received() > 0;
  const bool may_send = had_body || !left_over(input_, exchange_.get()).empty();
  report_.left_over(left_over(input_, exchange_.get()));
  end_.begin(host_, stream_, report_);
  end_.flushed(host_, stream_, may_send ? ConnectionEnd::ClientSends::maybe : ConnectionEnd::ClientSends::no);
  after_teardown_step();
}

/// Reads what nobody wants any more. What is left after the budget comes again after others had their turn.
void Connection::drain() {
  net::Teardown& teardown = end_.teardown();
  if (!teardown.wants_input()) return;
  const net::TeardownPhase before = teardown.phase();
  for (std::size_t sum = 0; teardown.wants_input() && sum < drain_budget;) {
    const std::string_view dropped = teardown.drain(host_.read_buffer());
    if (dropped.empty()) break;
    report_.dropped(dropped);
    sum += dropped.size();
  }
  if (teardown.phase() != before) waiting_.end();
  after_teardown_step();
}

/// Its time bound has passed, or the server stops: then only an acknowledgement of more than our FIN is waited for.
void Connection::look_at_teardown() {
  net::Teardown& teardown = end_.teardown();
  const auto left = teardown.time_left();
  if (!host_.is_stopping() || (left && *left <= milliseconds(0))) {
    teardown.time_exceeded();
  } else if (net::unacknowledged_bytes(stream_.fd()) > 1) {
    return waiting_.for_teardown(end_.next_look(host_));
  } else {
    teardown.stopped();
  }
  after_teardown_step();
}

void Connection::after_teardown_step() {
  end_.report(report_, exchange_.get());
  net::Teardown& teardown = end_.teardown();
  if (teardown.phase() < net::TeardownPhase::draining) return;
  host_.exchanges().give_back(std::move(exchange_));
  if (teardown.phase() != net::TeardownPhase::closed) {
    if (!waiting_.is_for_teardown()) waiting_.for_teardown(end_.next_look(host_));
    report_.progress(teardown.connection());
    const int error = teardown.wants_input() ? stream_.wait_readable() : 0;
    return error != 0 ? fail(net::IoCall::receive, error) : void();
  }
  waiting_.end();
  if (teardown.awaits_look()) return host_.look_before_close(*this, teardown);
  report_.unread(teardown.connection().evidence, teardown.unread_at_close());
  report_.settle_retry();
  teardown.hand_over();
  host_.remove(*this);
}

}  // namespace closelab::server
