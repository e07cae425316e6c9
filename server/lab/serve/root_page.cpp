#include "server/lab/serve/root_page.h"

#include <fmt/format.h>

#include "server/lab/serve/query_options.h"
#include "server/lab/settings/codec.h"

namespace closelab::lab {
namespace {

bool keeps(const Request& request) { return request.persistence.decision == Persistence::Decision::keep; }

std::string_view how_it_closes(CloseMode mode) {
  switch (mode) {
    case CloseMode::lingering:
      return "sends its FIN and waits for yours";
    case CloseMode::immediate:
      return "sends its FIN and closes at once";
    case CloseMode::abortive:
      return "resets the connection (RST)";
    case CloseMode::delayed:
      return "sends its FIN and closes after a pause without reading";
    case CloseMode::half:
      return "sends its FIN and reads for as long as you like";
    case CloseMode::deferred:
      return "waits for your FIN before it sends its own";
    case CloseMode::never:
      return "never closes, not even after your FIN";
  }
  return "closes";
}

std::string for_how_long(std::chrono::milliseconds idle_timeout) {
  const std::string text = timeout().format(idle_timeout);
  return text == "off" ? ", for as long as you like" : ", for " + text;
}

std::string next_step(const Request& request, const Options& options, const QueryOptions& query) {
  if (!keeps(request))
    return fmt::format("the server {}, because {}", how_it_closes(options.close_mode),
                       describe(request.persistence.reason));
  return fmt::format("the server keeps the connection open for your next request{}",
                     for_how_long(query.idle_timeout.value_or(options.timeouts.idle_timeout)));
}

std::string who_holds_time_wait(const Request& request, const Options& options) {
  const std::string client = to_string(request.client);
  if (keeps(request))
    return fmt::format("whoever closes first: you, at {}, when you exit; the server, if you wait longer", client);
  switch (options.close_mode) {
    case CloseMode::lingering:
    case CloseMode::half:
      return fmt::format("the server, towards {}, because it closes first", client);
    case CloseMode::immediate:
    case CloseMode::delayed:
      return fmt::format("the server, towards {}, unless it leaves bytes of yours unread: that is an RST", client);
    case CloseMode::abortive:
      return "nobody: an RST leaves none";
    case CloseMode::deferred:
      return fmt::format("you, at {}, if you close in time", client);
    case CloseMode::never:
      return "nobody: the server's side stays in CLOSE_WAIT";
  }
  return "";
}

const CloseAction* closing(const std::optional<Rule>& rule) {
  return rule ? std::get_if<CloseAction>(&rule->action) : nullptr;
}

/// A hold (Server::hold_close()) leaves the client alone to close.
std::string next_step_held(const Request& request, const std::optional<Rule>& rule) {
  if (closing(rule) != nullptr)
    return fmt::format("your rule would end the connection ({}), and is held: it waits until it is released",
                       describe(*rule));
  if (keeps(request)) return "the server keeps the connection open until it is released, however long you wait";
  return fmt::format("the server would close, because {}, and is held: it waits until it is released",
                     describe(request.persistence.reason));
}

std::string who_holds_time_wait_held(const Request& request, CloseMode mode) {
  if (mode == CloseMode::abortive) return "nobody: you close, and an RST of the server's follows when it is released";
  if (mode == CloseMode::never) return "nobody: you close, and the server's side stays in CLOSE_WAIT";
  return fmt::format("you, at {}, when you close; what the server does when it is released comes after that",
                     to_string(request.client));
}

/// The next experiment of a row: keep-alive, close, reuse, HTTP/1.0, abortive.
std::string try_next(const Request& request, const std::string& url) {
  if (request.request_number > 1) return fmt::format("curl --http1.0 {0}   # closing is the default there", url);
  switch (request.persistence.reason) {
    case CloseReason::none:
      return fmt::format("curl -H 'Connection: close' {0}   # now the server closes first", url);
    case CloseReason::request_close:
      return fmt::format("curl {0} {0}   # one connection, two requests", url);
    default:
      return fmt::format("curl {0}close/abortive   # an RST: nobody holds TIME_WAIT", url);
  }
}

}  // namespace

std::string root_page(const Request& request, const Options& options, const Endpoint& server, Switch hold) {
  // The Host field names the server as the client knows it, which a wildcard address does not.
  const std::string host(request.field("Host").value_or(to_string(server)));
  const QueryOptions query = parse_query_options(request.query).value;
  const bool held = hold == Switch::on;
  const CloseAction* close = closing(query.rule);
  const bool acts = query.rule && !(held && close != nullptr);
  const std::string rule = acts ? fmt::format("Unless your rule acts: {}.\n", describe(*query.rule)) : "";
  const std::string next = held ? next_step_held(request, query.rule) : next_step(request, options, query);
  const CloseMode mode = close != nullptr ? close->mode : options.close_mode;
  const std::string time_wait = held ? who_holds_time_wait_held(request, mode) : who_holds_time_wait(request, options);
  return fmt::format(
      "You are connection {}, from {}, and this is its request {}.\n"
      "After this response {}.\n{}"
      "TIME_WAIT: {}.\n"
      "See it:    ss -tan state time-wait '( sport = :{} or dport = :{} )'\n"
      "Try next:  {}\n"
      "Any fault: {}\n",
      request.connection_id, to_string(request.client), request.request_number, next, rule, time_wait, server.port,
      server.port, try_next(request, fmt::format("http://{}/", host)),
      fmt::format("curl 'http://{}/bytes/1000?at=response_body:100&close=abortive'", host));
}

}  // namespace closelab::lab
