#include "server/connection/handling.h"

#include <atomic>
#include <exception>
#include <utility>

namespace closelab::server {
namespace {

/// While a handler runs, its route is known to who wants to stop the server meanwhile.
class Handled {
 public:
  Handled(ConnectionHost& host, const Router::Route& route) : place_(host.route_handled()) { place_ = route.pattern; }
  Handled(const Handled&) = delete;
  Handled& operator=(const Handled&) = delete;
  ~Handled() { place_ = nullptr; }

 private:
  std::atomic<const std::string*>& place_;
};

HandlerAnswer by_handler(Response response, CloseReason decided = CloseReason::none) {
  return {std::move(response), Exchange::Answer::by_handler, decided};
}

HandlerAnswer threw(const std::string& what) {
  return by_handler(failure("the handler threw" + what), CloseReason::handler_error);
}

/// `call` gives the answer, or none.
template <class Call>
std::optional<HandlerAnswer> call_handler(ConnectionHost& host, const Router::Route& route, const Call& call) {
  const Handled handled(host, route);
  try {
    std::optional<Response> response = call();
    return response ? std::optional(by_handler(std::move(*response))) : std::nullopt;
  } catch (const std::exception& error) {
    return threw(std::string(": ") + error.what());
  } catch (...) {
    return threw("");
  }
}

}  // namespace

AnswerSettings settings_for(const ConnectionHost& host, const Report& report, const Waiting& waiting,
                            CloseReason decided) {
  const auto& drain = host.drain();
  auto server = http::ServerState::running;
  if (drain && drain->options.announce == Switch::on && !drain->options.status) server = http::ServerState::draining;
  if (host.is_stopping()) server = http::ServerState::stopping;
  return {host.shared().options, {}, report.requests(), waiting.idle_timeout(), server, decided, {}};
}

Response failure(const std::string& text) { return text_response(500, text); }

Response not_found() { return text_response(404, "nothing is served at this path"); }

HandlerAnswer run_handler(ConnectionHost& host, const Router::Route& route, const Request& request) {
  return *call_handler(host, route, [&] { return std::optional(route.handler(request)); });
}

bool may_answer(const ConnectionHost& host, const Exchange& exchange, const Response& response) {
  const bool is_large = exchange.answer == Exchange::Answer::by_handler && !response.body.empty();
  return !is_large || host.shared().held.has_room(exchange.counted, 1);
}

std::optional<HandlerAnswer> answer_from_head(ConnectionHost& host, const Report& report, const Waiting& waiting,
                                              Exchange& exchange) {
  Request& request = exchange.request;
  const Router& router = host.shared().router;
  const bool may_be_known = exchange.owes_continue || router.has_head_handlers();
  const auto& drain = host.drain();
  const bool is_for_others = exchange.said || request.target == "*" || (drain && drain->options.status);
  if (!may_be_known || is_for_others) return std::nullopt;
  const auto route = router.find(request.path);
  if (route == nullptr) return exchange.owes_continue ? std::optional(HandlerAnswer{not_found()}) : std::nullopt;
  if (!route->head_handler) return std::nullopt;
  exchange.describe(report.client(), report.id(), report.requests() + 1);
  request.persistence = persistence_after(exchange, settings_for(host, report, waiting));
  return call_handler(host, *route, [&] { return route->head_handler(request); });
}

}  // namespace closelab::server
