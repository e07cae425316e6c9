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

HandlerAnswer threw(const std::string& what) {
  return {failure("the handler threw" + what), Exchange::Answer::by_handler, CloseReason::handler_error};
}

/// `call` makes the answer, in its place.
template <class Call>
auto call_handler(ConnectionHost& host, const Router::Route& route, const Call& call) -> decltype(call()) {
  const Handled handled(host, route);
  try {
    return call();
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
  return call_handler(host, route, [&] { return HandlerAnswer{route.handler(request), Exchange::Answer::by_handler}; });
}

bool may_answer(const ConnectionHost& host, const Exchange& exchange, const Response& response) {
  const bool has_body = !response.body.empty() || response.body_source || response.body_stream;
  const bool may_be_large = exchange.answer == Exchange::Answer::by_handler && has_body;
  return !may_be_large || host.shared().held->has_room(exchange.counted, 1);
}

std::optional<HandlerAnswer> answer_from_head(ConnectionHost& host, const Report& report, const Waiting& waiting,
                                              Exchange& exchange) {
  Request& request = exchange.request;
  Routes& routes = host.routes();
  const bool may_be_known = exchange.owes_continue || routes.has_head_handlers();
  const auto& drain = host.drain();
  const bool is_for_others = exchange.said || request.target == "*" || (drain && drain->options.status);
  if (!may_be_known || is_for_others) return std::nullopt;
  const auto route = routes.find(request.path);
  if (route == nullptr) return exchange.owes_continue ? std::optional(HandlerAnswer{not_found()}) : std::nullopt;
  if (!route->head_handler) return std::nullopt;
  exchange.describe(report.client(), report.id(), report.requests() + 1);
  request.persistence = persistence_after(exchange, settings_for(host, report, waiting));
  return call_handler(host, *route, [&]() -> std::optional<HandlerAnswer> {
    std::optional<Response> response = route->head_handler(request);
    if (!response) return std::nullopt;
    return HandlerAnswer{std::move(*response), Exchange::Answer::by_handler};
  });
}

}  // namespace closelab::server
