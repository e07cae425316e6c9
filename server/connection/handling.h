#pragma once

#include <optional>
#include <string>

#include "closelab/handler.h"
#include "server/connection/answer.h"
#include "server/connection/connection_host.h"
#include "server/connection/exchange.h"
#include "server/connection/report.h"
#include "server/connection/router.h"
#include "server/connection/waiting.h"

namespace closelab::server {

/// From a request to what a handler, or nobody, answers to it.

struct HandlerAnswer {
  Response response;
  Exchange::Answer by = Exchange::Answer::routed;
  /// The reason to close, when the handler threw.
  CloseReason decided = CloseReason::none;
};

AnswerSettings settings_for(const ConnectionHost& host, const Report& report, const Waiting& waiting,
                            CloseReason decided = CloseReason::none);

/// 500.
Response failure(const std::string& text);
/// 404.
Response not_found();

/// Calls the handler of a route that is answered at once.
HandlerAnswer run_handler(ConnectionHost& host, const Router::Route& route, const Request& request);

/// What an answer takes is known when it has been made: beside it, others hold less than they may.
bool may_answer(const ConnectionHost& host, const Exchange& exchange, const Response& response);

/// What is answered although the request's body has not been read: by a route's handler that was asked, or, to a client
/// that waits for a 100, because nothing is served there (RFC 9110 §10.1.1).
std::optional<HandlerAnswer> answer_from_head(ConnectionHost& host, const Report& report, const Waiting& waiting,
                                              Exchange& exchange);

}  // namespace closelab::server
