#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "closelab/handler.h"
#include "closelab/options.h"
#include "http/persistence.h"
#include "http/response_writer.h"
#include "net/socket/listener.h"
#include "net/socket/stream.h"
#include "net/teardown/teardown.h"
#include "server/connection/deadlines.h"
#include "server/connection/exchange.h"
#include "server/connection/responder.h"
#include "server/connection/script.h"
#include "server/record/recorder.h"

namespace closelab::server {

class Reactor;

/// One connection: three events (readable, writable, a deadline), and after each the same steps:
/// take bytes, parse, handle, write, then persist or tear down. What to do is decided by pure functions of
/// http/ and net/; this class does it.
class Connection : public std::enable_shared_from_this<Connection>, private net::Stream::Owner {
 public:
  Connection(Reactor& reactor, const net::Accepted& accepted);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  std::uint64_t id() const { return id_; }
  /// Among its reactor's connections.
  std::size_t place() const { return place_; }
  void set_place(std::size_t place) { place_ = place; }

  /// Reads at once: the first request is often there already.
  void start();
  /// Answers 503 without reading: max_connections are open.
  void refuse();
  bool is_refused() const { return refused_; }
  bool is_idle() const { return exchange_ == nullptr && teardown_ == nullptr && !is_paused(); }
  void deadline_passed(DeadlineKind kind);
  /// An asynchronous handler's answer to request `number`.
  void answer(std::uint64_t number, Response response, AnswerKind kind);
  /// Ends if it is idle (Server::close_idle).
  void close_if_idle();
  /// Ends at once, in this mode, whatever it is doing.
  void cut(CloseMode mode, CloseReason reason);
  /// Its hold may have been released.
  void reconsider_hold();
  void stream_written();
  /// Ends when what is in flight is done.
  void stop();
  /// Ends now.
  void stop_now();

 private:
  // Taking bytes (connection.cpp).
  void stream_ready() override;
  void readable();
  void received_eof();
  void proceed();
  void resume();
  bool may_read() const;
  bool may_serve() const;
  bool is_awaiting_answer() const;
  void feed_input();
  std::string_view input_up_to_rule() const;
  void message_received();
  void head_received();
  bool body_begins();
  void await_answer();
  bool write_output();
  void allow_more();
  void wait_for_client(bool progress);
  void keep_input();
  void wait();
  void become_idle();
  bool has_idle_deadline() const;
  void release_exchange();
  void wait_readable();
  void wait_writable();
  bool client_takes();
  void set_deadline(DeadlineKind kind, std::chrono::milliseconds from_now);
  std::chrono::milliseconds idle_timeout_in_effect() const;
  void set_idle_deadline();
  void advance(http::ExchangeEvent event);

  // Serving (connection_serving.cpp).
  void serve();
  void fill_request(std::uint64_t number);
  void begin_request();
  void hand_over(const AsyncHandler& handler);
  void answer_failure(const std::string& text);
  void respond(Response&& response);
  void refuse_request(int status, const std::string& text, CloseReason reason);
  http::ResponseFraming framing_of(const Response& response) const;
  Persistence decide(http::ConnectionTokens response, http::BodyEnd body_end) const;
  void send_response(Response&& response, Persistence persistence);
  http::HeadError write_head(const Response& response, const http::ResponseFraming& framing,
                             const Persistence& persistence);
  void advertise_persistence(http::ResponseHead& head, const Response& response) const;
  void add_body(Response& response, const http::ResponseFraming& framing);
  void add_stream(const BodyStream& stream, bool chunked);
  void finish_exchange();
  static void abandon(const Response& response);

  // Rules, and what keeps a connection waiting (connection_rules.cpp).
  bool is_paused() const { return script_ != nullptr && script_->pause != Pause::none; }
  Script& script();
  void arm_at_accept();
  void arm_for_request();
  void arm(const std::shared_ptr<BookedRule>& booked, std::uint64_t request_number);
  /// Lets the rules for this moment act. False when one of them has ended the connection or made it wait.
  bool act(At at, std::uint64_t bytes = 0, std::chrono::milliseconds idle_for = {}) {
    return script_ == nullptr || act_on_rules(at, bytes, idle_for);
  }
  bool act_on_rules(At at, std::uint64_t bytes, std::chrono::milliseconds idle_for);
  void perform(const BookedRule& booked);
  void note_fired(const BookedRule& booked);
  void close_by_rule(CloseMode mode, At at);
  void truncate(At at);
  bool act_on_next_request();
  void plan_response(http::ResponseFraming& framing);
  bool pass_stop();
  bool response_sent();
  void pause(Pause why, std::chrono::milliseconds duration = std::chrono::milliseconds::max());
  void pause_passed();
  void look_again_later();
  void look_for_acknowledgement();
  bool client_has_ended(ClientHalfClose fin);
  void look_at_client();
  ClientHalfClose meaning_of_fin() const;
  void watch_client();
  void client_reset();
  void go_on();
  bool finish_moment();
  void cut_now(CloseMode mode, CloseReason reason);
  void drop_exchange();
  Retry retry_of_exchange() const;

  // Ending (connection_ending.cpp).
  bool is_ending() const { return reason_ != CloseReason::none; }
  void time_out(const std::string& text, CloseReason reason);
  void teardown_deadline_passed();
  void idle_rule_passed();
  void write_timed_out();
  void stop_paused();
  bool has_left_over() const;
  CloseMode mode_for_teardown() const;
  void judge_retry();
  void failed(Fact call, int error);
  void end_incomplete();
  void end_idle(CloseReason reason);
  void end(CloseReason reason);
  net::Teardown& teardown();
  void tear_down();
  void drain();
  void set_teardown_deadline();
  void hurry_teardown();
  void after_teardown_step();
  void report_progress();
  void report_closing();
  void note_answered();
  void report_answered();
  void report_unanswered();

  std::chrono::nanoseconds now() const { return std::chrono::steady_clock::now() - accepted_at_; }

  Reactor& reactor_;
  net::Stream stream_;
  std::chrono::steady_clock::time_point accepted_at_;
  /// Valid until teardown_ is handed over.
  Recorder::Entry& entry_;
  std::uint64_t id_;
  std::size_t place_ = 0;
  DeadlineHook deadline_;
  std::uint64_t requests_ = 0;
  CloseReason reason_ = CloseReason::none;
  CloseMode mode_;
  bool closing_reported_ = false;
  bool refused_ = false;
  /// A rule or command has ended it in the middle of something.
  bool cut_ = false;
  Retry retry_ = Retry::not_needed;
  /// Of a request that was refused: body bytes that had not arrived; 0 when their number is unknown.
  std::optional<std::uint64_t> request_missing_;
  /// What the peer sent and has not been parsed yet, during one event.
  std::string_view input_;
  /// None while idle.
  std::shared_ptr<Exchange> exchange_;
  /// None as long as there is nothing special about it.
  std::unique_ptr<Script> script_;
  /// None until the end begins.
  std::unique_ptr<net::Teardown> teardown_;
};

}  // namespace closelab::server
