#include "server/connection/connection_end.h"

#include <algorithm>
#include <utility>

#include "net/kernel/tcp_probe.h"

namespace closelab::server {
namespace {

// Facts that most endings leave, so that they take one allocation.
constexpr std::size_t usual_evidence = 10;
// How often a drain is looked at while the server stops: about as long as a client may delay its ACK.
constexpr std::chrono::milliseconds drain_check{50};

}  // namespace

void ConnectionEnd::decide(const Step& step, CloseReason given_reason, std::optional<CloseMode> given_mode) {
  if (step.reason != CloseReason::none) reason_ = step.reason;
  if (given_reason != CloseReason::none) reason_ = given_reason;
  if (step.mode && mode_ == CloseMode::abortive) return;
  if (step.mode) given_mode = step.mode;
  mode_ = given_mode.value_or(mode_);
}

net::Teardown& ConnectionEnd::begin(ConnectionHost& host, net::Stream& stream, const Report& report) {
  if (teardown_ != nullptr) {
    // It may have begun by a FIN that was noticed long before the end.
    if (teardown_->phase() == net::TeardownPhase::flushing) teardown_->set_mode(mode_);
    return *teardown_;
  }
  const Options& options = host.shared().options;
  net::Observer& observer = host.shared().observer;
  net::EndedConnection ended{report.id(), {report.server(), report.client()}, 0, report.accepted_at(), {}};
  // Only lookups ask for it; TIME_WAIT inherits what was asked for before it began.
  if (observer.looks_up(report.id())) ended.cookie = net::socket_cookie(stream.fd());
  ended.evidence.reserve(usual_evidence);
  ended.evidence.emplace_back();  // accept()
  teardown_ = std::make_unique<net::Teardown>(
      stream, std::move(ended),
      net::TeardownOptions{mode_, options.lingering, options.close_times, options.socket.linger}, observer,
      host.shared().closer);
  return *teardown_;
}

/// Where nothing of the client's is left unread, the careful modes may do without their care (LingeringWhen::unread).
void ConnectionEnd::flushed(ConnectionHost& host, const net::Stream& stream, ClientSends sends) {
  const bool careful = mode_ == CloseMode::lingering || mode_ == CloseMode::delayed;
  const bool may_skip = careful && host.shared().options.lingering_when != LingeringWhen::always;
  if (may_skip && sends == ClientSends::no && !unfinished_ && net::unread_bytes(stream.fd()) == 0) {
    mode_ = CloseMode::immediate;
  }
  teardown_->set_mode(mode_);
  if (missing_) teardown_->note_request_unfinished(*missing_);
  teardown_->flushed();
}

bool ConnectionEnd::sends_fin_at_once(const Options& options) const {
  return (mode_ == CloseMode::lingering || mode_ == CloseMode::immediate) && !options.socket.linger;
}

std::optional<std::chrono::milliseconds> ConnectionEnd::next_look(ConnectionHost& host) const {
  const auto left = teardown_->time_left();
  if (!host.is_stopping()) return left;
  return std::min(left.value_or(drain_check), drain_check);
}

void ConnectionEnd::report(Report& report, Exchange* exchange) {
  if (std::exchange(reported_, true)) return;
  if (exchange != nullptr) report.answered(*exchange);
  report.closing(reason_, mode_);
}

}  // namespace closelab::server
