#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "closelab/record.h"
#include "closelab/rule.h"
#include "net/socket/listener.h"
#include "net/verdict/ended_connection.h"
#include "server/connection/exchange.h"
#include "server/connection/request_rest.h"
#include "server/record/recorder.h"
#include "server/rules/rule_book.h"

namespace closelab::server {

/// What the record of one connection is told of it: facts, in the order in which they come about.
class Report {
 public:
  Report(Recorder& recorder, const net::Accepted& accepted);

  std::uint64_t id() const { return entry_.id(); }
  const Endpoint& server() const { return entry_.server(); }
  const Endpoint& client() const { return entry_.client(); }
  std::chrono::steady_clock::time_point accepted_at() const { return accepted_at_; }
  std::chrono::nanoseconds now() const { return std::chrono::steady_clock::now() - accepted_at_; }
  /// Requests so far, complete or refused.
  std::uint64_t requests() const { return requests_; }
  /// Method and target of the last request that the record has.
  std::pair<std::string, std::string> last_request() const { return recorder_.last_request(entry_); }

  /// A request has begun and the connection waits: for its rest, its handler or its client.
  void waits() { recorder_.active(entry_.id()); }
  /// The connection waits for a request. With answers that have not been told of, if there is an exchange.
  void idle(Exchange* exchange);
  /// When the last of those was handed over; now, where there are none.
  std::chrono::steady_clock::time_point last_answer(const Exchange* exchange) const;
  /// Starts the record of a request, complete or refused.
  void request_begins(Exchange& exchange);
  /// Looks at a client on this machine, where that is asked for (Options::local_clients).
  void look_at_client();
  /// The rest of a request that has been answered already.
  void body_received(Exchange& exchange);
  /// The request that has begun is refused, and why.
  void refused(const std::string& why) { recorder_.refused(entry_, why); }
  /// The answer to a request has a body that ends with the connection.
  void ends_with_connection(std::uint64_t request_number) { recorder_.ends_with_connection(entry_, request_number); }
  /// Responses are about to be handed to the kernel.
  void answering(const Exchange& exchange);
  /// They have been; told later, because what our side does after the last byte must not be late.
  /// `sent`: bytes of the connection that the kernel has.
  static void note_answered(Exchange& exchange, std::chrono::nanoseconds at, std::uint64_t sent);
  void answered(Exchange& exchange);
  /// Requests whose responses did not get to the kernel in full, and one that was not answered at all. One whose head
  /// is here is a request, though nobody has answered it.
  enum class Head : std::uint8_t { not_here, here };
  void unanswered(Exchange& exchange, Head head, std::uint64_t sent);
  /// A rule has cut off a response.
  void truncated() { may_retry(Retry::if_idempotent, Source::syscall); }
  /// The request that has begun is not read to its end: what comes belongs to it first.
  void unfinished(const Exchange& exchange);
  /// Bytes that nobody has read as a request: empty lines, which old clients send after a body, are none.
  void left_over(std::string_view bytes);
  /// The same of bytes that were read after the end was decided.
  void dropped(std::string_view bytes);
  /// And of bytes that were not read: `start` is what they began with, as far as it was looked at.
  void unread(std::span<const Evidence> evidence, std::string_view start);
  void rule_fired(std::uint64_t request_number, const BookedRule& booked, std::uint64_t said_bytes);
  /// A `slow` rule has let so many bytes pass.
  void paced(Sender from, std::uint64_t bytes, std::chrono::nanoseconds at) {
    recorder_.paced(entry_, {at, from, bytes});
  }
  void closing(CloseReason reason, CloseMode mode) { recorder_.closing(entry_, reason, mode); }
  /// What is known so far of an end that takes its time.
  void progress(const net::EndedConnection& ended);
  /// Everything is known that says whether requests may be sent again.
  void settle_retry();

 private:
  void look_at_keepalive();
  void look_at_keepalive_again();
  void further(RequestRest::Further what);
  void may_retry(Retry retry, Source source);

  Recorder& recorder_;
  std::chrono::steady_clock::time_point accepted_at_;
  /// Valid until the connection has been handed to the observer.
  Recorder::Entry& entry_;
  std::uint64_t requests_ = 0;
  Retry retry_ = Retry::not_needed;
  Source retry_source_ = Source::syscall;
  std::size_t dropped_ = 0;
  RequestRest rest_;
  /// A client on this machine that has had no answer yet, and whose keepalive timer has not been seen.
  std::unique_ptr<LocalClient> local_client_;
};

}  // namespace closelab::server
