#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "net/socket/stream.h"
#include "net/teardown/teardown.h"
#include "server/connection/connection_host.h"
#include "server/connection/lifecycle.h"
#include "server/connection/report.h"

namespace closelab::server {

/// How one connection ends: why, in which mode, and the steps of that mode, which net/teardown carries out.
class ConnectionEnd {
 public:
  explicit ConnectionEnd(CloseMode mode) : mode_(mode) {}

  CloseReason reason() const { return reason_; }
  CloseMode mode() const { return mode_; }
  /// What a step says of reason and mode; what it leaves open is `given`, or stays.
  void decide(const Step& step, CloseReason given_reason, std::optional<CloseMode> given_mode);

  /// The request is not read to its end; with what is missing of it, if anything is.
  void note_unfinished(const std::optional<fact::RequestUnfinished>& missing) {
    unfinished_ = true;
    missing_ = missing;
  }

  /// A FIN that follows the last byte at once may share its segment. An RST would destroy what was held back for it.
  bool sends_fin_at_once(const Options& options) const;
  bool has_begun() const { return teardown_ != nullptr; }
  bool has_client_fin() const { return has_begun() && teardown_->has_client_fin(); }
  bool is_over() const { return has_begun() && teardown_->phase() == net::TeardownPhase::closed; }
  /// Net's side of it, from the first call on.
  net::Teardown& begin(ConnectionHost& host, net::Stream& stream, const Report& report);
  net::Teardown& teardown() { return *teardown_; }
  /// Everything has been handed to the kernel: the mode decides what our side does now. `maybe`: the client may have
  /// sent, or be sending, what nobody reads.
  enum class ClientSends : std::uint8_t { no, maybe };
  void flushed(ConnectionHost& host, const net::Stream& stream, ClientSends sends);
  /// When to look at it again; unset: when something happens.
  std::optional<std::chrono::milliseconds> next_look(ConnectionHost& host) const;

  /// Tells the report, once, and the responses that were handed over: the record follows the deed, because what our
  /// side does after the last byte of a response must not be late.
  void report(Report& report, Exchange* exchange);
  /// The next call of report() tells it again.
  void report_again() { reported_ = false; }

 private:
  CloseReason reason_ = CloseReason::none;
  CloseMode mode_;
  bool reported_ = false;
  bool unfinished_ = false;
  std::optional<fact::RequestUnfinished> missing_;
  std::unique_ptr<net::Teardown> teardown_;
};

}  // namespace closelab::server
