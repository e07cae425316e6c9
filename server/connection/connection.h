#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <string_view>

#include "net/socket/listener.h"
#include "net/socket/stream.h"
#include "server/connection/answer.h"
#include "server/connection/connection_end.h"
#include "server/connection/connection_host.h"
#include "server/connection/handling.h"
#include "server/connection/lifecycle.h"
#include "server/connection/report.h"
#include "server/connection/rule_runner.h"
#include "server/connection/waiting.h"

namespace closelab::server {

/// What comes with an event.
struct Detail {
  std::optional<CloseMode> mode{};
  CloseReason reason = CloseReason::none;
  /// What a rule waits for.
  Wait wait = Wait::none;
  std::optional<std::chrono::milliseconds> duration{};
  /// The call that failed.
  net::IoCall call = net::IoCall::receive;
  int error = 0;
};

/// One connection: takes bytes, parses, lets handlers answer, writes, then persists or ends. What an event leads to is
/// said by the lifecycle, what rules do by the rule runner, what the record is told by the report, and how its end is
/// carried out by net/teardown; this class receives, sends and waits.
class Connection : public std::enable_shared_from_this<Connection>, private net::Stream::Owner {
 public:
  enum class Admission : std::uint8_t {
    served,
    refused,  ///< answered 503 without reading: max_connections are open
    surplus,  ///< the same, and so many are being refused that nothing is waited for
  };

  Connection(ConnectionHost& host, const net::Accepted& accepted, Admission admission);

  std::uint64_t id() const { return report_.id(); }
  const Admission admission;
  /// Among its reactor's connections; theirs to set.
  std::uint32_t place = 0;

  /// Reads at once: the first request is often there already.
  void start();
  bool is_idle() const;
  void deadline_passed(DeadlineKind kind);
  /// An asynchronous handler's answer, or what comes before it, to request `number`.
  void answer(std::uint64_t number, Response response, AnswerKind kind);
  /// Ends at once, in this mode, whatever it is doing.
  void close(CloseMode mode);
  /// Event::stop, stop_now or close_idle.
  void command(Event event);
  /// The server has begun to drain, or has ended it.
  void drain_changed();
  /// What that pause waits for may have come.
  void reconsider(Wait pause);
  /// The teardown has taken a step.
  void after_teardown_step();
  /// What was under way has thrown std::bad_alloc: the connection ends at once, by RST.
  void out_of_memory();

 private:
  // What the lifecycle says, and carrying it out.
  Step::Kind take(Event event, const Detail& detail = {});
  Circumstances circumstances(Event event) const;
  Step::Kind wait(Wait what, std::optional<std::chrono::milliseconds> duration);
  void end(const Step& step, Stage before, Event event, const Detail& detail);
  void cut(Stage before);
  void break_off(Stage before, Event event, const Detail& detail);
  void fail(net::IoCall call, int error);

  // From the bytes of a request to those of its answer (connection_exchange.cpp).
  void stream_ready() override;
  void readable();
  void proceed();
  void resume();
  bool may_read() const;
  void feed();
  void parsed(http::RequestParser::Event event);
  Step::Kind head_complete();
  Step::Kind body_begins(At after);
  Step::Kind answer_early(std::optional<HandlerAnswer> of_handler = std::nullopt);
  void serve();
  void respond(Response&& response);
  void send_response(Response&& response, CloseReason decided = CloseReason::none);
  Step::Kind write_output();
  /// Lets the rules for this moment act, until one ends the connection or makes it wait. Most connections have none.
  Step::Kind act(const RuleRunner::Moment& moment) {
    const bool may_have_new = moment.at == At::next_request && rules_.is_behind(host_.shared().rules);
    return rules_.any() || may_have_new ? act_by_rules(moment) : Step::Kind::go_on;
  }
  Step::Kind act_by_rules(const RuleRunner::Moment& moment);
  Step::Kind say(std::string_view bytes, At at);
  Step::Kind obey(const Step& step);
  Step::Kind pass_stop();

  // Pauses.
  void pause(Wait why, std::optional<std::chrono::milliseconds> duration);
  void look_at_pause();
  void notice_client();
  void end_pause();

  // The end (connection_teardown.cpp).
  void tear_down();
  void drain();
  void look_at_teardown();

  ConnectionHost& host_;
  net::Stream stream_;
  Report report_;
  LifeState state_;
  ConnectionEnd end_;
  Waiting waiting_;
  RuleRunner rules_;
  /// What the peer sent and has not been parsed yet, during one event.
  std::string_view input_;
  /// None while idle.
  std::shared_ptr<Exchange> exchange_;
};

/// Does something to a connection, which stays while it does. Lack of memory for it ends the connection, and nothing
/// else.
template <class Act>
void act_on(const std::shared_ptr<Connection>& connection, Act&& act) {
  try {
    act(*connection);
  } catch (const std::bad_alloc&) {
    connection->out_of_memory();
  }
}

}  // namespace closelab::server
