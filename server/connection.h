#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "closelab/handler.h"
#include "http/persistence.h"
#include "http/response_writer.h"
#include "net/listener.h"
#include "net/stream.h"
#include "net/teardown.h"
#include "server/deadlines.h"
#include "server/exchange.h"
#include "server/responder.h"

namespace closelab::server {

class Reactor;

/// One connection: three events (readable, writable, a deadline), and after each the same steps:
/// take bytes, parse, handle, write, then persist or tear down. What to do is decided by pure functions of
/// http/ and net/; this class does it.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Reactor& reactor, const net::Accepted& accepted);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  std::uint64_t id() const { return id_; }

  /// Reads at once: the first request is often there already.
  void start();
  /// Answers 503 without reading: max_connections are open.
  void refuse();
  bool is_refused() const { return refused_; }
  void deadline_passed(DeadlineKind kind);
  /// An asynchronous handler's answer to request `number`.
  void answer(std::uint64_t number, Response response, AnswerKind kind);
  /// Ends when what is in flight is done.
  void stop();
  /// Ends now.
  void stop_now();

 private:
  // Taking bytes (connection.cpp).
  void readable();
  void received_eof();
  void proceed();
  void resume();
  bool may_read() const;
  bool is_awaiting_answer() const;
  void feed_input();
  void head_received();
  bool write_output();
  void wait_for_client(bool progress);
  void keep_input();
  void wait();
  void become_idle();
  void release_exchange();
  void wait_readable();
  void wait_writable();
  bool client_takes();
  void set_deadline(DeadlineKind kind, std::chrono::milliseconds from_now);
  void advance(http::ExchangeEvent event);

  // Serving (connection_serving.cpp).
  void serve();
  void begin_request();
  void hand_over(const AsyncHandler& handler);
  void answer_failure(const std::string& text);
  void respond(Response response);
  void refuse_request(int status, const std::string& text, CloseReason reason);
  http::ResponseFraming framing_of(const Response& response) const;
  Persistence decide(const Response& response, http::BodyEnd body_end) const;
  void send_response(Response response, Persistence persistence);
  http::HeadFault write_head(const Response& response, const http::ResponseFraming& framing,
                             const Persistence& persistence);
  void add_body(Response& response, const http::ResponseFraming& framing);
  void finish_exchange();

  // Ending (connection_ending.cpp).
  bool is_ending() const { return reason_ != CloseReason::none; }
  void time_out(const std::string& text, CloseReason reason);
  void failed(Fact call, int error);
  void end_incomplete();
  void end_idle(CloseReason reason);
  void end(CloseReason reason);
  net::Teardown& teardown();
  void tear_down();
  void drain();
  void set_drain_deadline();
  void hurry_drain();
  void after_teardown_step();
  void report_closing();
  void note_answered();
  void report_answered();
  void report_unanswered();

  std::chrono::nanoseconds now() const { return std::chrono::steady_clock::now() - accepted_at_; }

  Reactor& reactor_;
  net::Stream stream_;
  net::TcpTuple tuple_;
  std::uint64_t cookie_;
  std::chrono::steady_clock::time_point accepted_at_;
  std::uint64_t id_;
  DeadlineHook deadline_;
  std::uint64_t requests_ = 0;
  CloseReason reason_ = CloseReason::none;
  CloseMode mode_;
  bool closing_reported_ = false;
  bool waits_readable_ = false;
  bool waits_writable_ = false;
  bool refused_ = false;
  /// Of a request that was refused: body bytes that had not arrived; 0 when their number is unknown.
  std::optional<std::uint64_t> request_missing_;
  /// What the peer sent and has not been parsed yet, during one event.
  std::string_view input_;
  /// None while idle.
  std::shared_ptr<Exchange> exchange_;
  /// None until the end begins.
  std::unique_ptr<net::Teardown> teardown_;
};

}  // namespace closelab::server
