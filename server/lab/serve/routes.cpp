#include "server/lab/serve/routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "server/lab/serve/cors.h"
#include "server/lab/serve/query_options.h"
#include "server/lab/serve/root_page.h"
#include "server/text/printable.h"

namespace closelab::lab {
namespace {

using server::Parsed;

constexpr std::chrono::milliseconds longest_delay{60'000};

constexpr std::string_view route_list =
    "/                what will happen to your connection after this answer, and why\n"
    "/echo            your request back\n"
    "/bytes/N         N bytes (64KiB, 10MiB...) with Content-Length\n"
    "/chunked/N       N bytes in chunks\n"
    "/status/CODE     an answer with that status, 200 to 599\n"
    "/delay/DURATION  an answer after that time (200ms, 2s...), at most 60s\n"
    "/close/MODE      an answer, then the connection ends in that mode\n"
    "Each takes query options: /bytes/1000?at=response_body:100&close=abortive\n";

Response text(int status, std::string body) {
  return {.status = status, .headers = {{"Content-Type", "text/plain; charset=utf-8"}}, .body = std::move(body)};
}

Response bad_request(std::string_view what) { return text(400, fmt::format("{}\n", what)); }

/// What stands after the route: `64KiB` of `/bytes/64KiB`.
std::string_view argument(const Request& request) {
  return request.path.substr(std::min(request.path.find('/', 1), request.path.size() - 1) + 1);
}

/// Printable lines of 64 bytes, over and over, so that the answer can be looked at, in constant memory.
BodySource pattern(std::uint64_t length) {
  static constexpr std::string_view line = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.\n";
  return [length, sent = std::uint64_t{0}](std::string& to, std::size_t max) mutable {
    std::uint64_t room = std::min<std::uint64_t>(max, length - sent);
    while (room > 0) {
      const std::string_view piece = line.substr(sent % line.size(), room);
      to += piece;
      sent += piece.size();
      room -= piece.size();
    }
  };
}

Response pattern_response(const Request& request, bool with_length) {
  const Parsed<std::uint64_t> length = server::parse_size(argument(request));
  if (!length) return bad_request(fmt::format("{}; try /bytes/64KiB or /chunked/64KiB", length.error));
  Response response = text(200, "");
  response.body_source = pattern(length.value);
  if (with_length) response.content_length = length.value;
  return response;
}

/// POST is answered as GET is: tools with one method for all their URLs get what they ask for.
std::optional<Response> refused_for_method(const Request& request) {
  if (request.method == "GET" || request.method == "HEAD" || request.method == "POST") return std::nullopt;
  Response response = text(405, "This route answers GET, HEAD and POST. /echo takes any method.\n");
  response.headers.push_back({"Allow", "GET, HEAD, POST"});
  return response;
}

Handler readable(Handler handler) {
  return [handler = std::move(handler)](const Request& request) {
    auto refusal = refused_for_method(request);
    return refusal ? std::move(*refusal) : handler(request);
  };
}

/// Who asks for a 100 (Continue) is spared the body of a request that is refused anyhow (RFC 9110 §10.1.1); of others
/// it is read, so that the connection is kept.
HeadHandler if_expecting(HeadHandler refuse) {
  return [refuse = std::move(refuse)](const Request& request) {
    return request.field("Expect") ? refuse(request) : std::nullopt;
  };
}

/// Fields without which an answer with that status would be wrong, or of no use (RFC 9110 §15).
std::vector<Field> fields_of_status(int status, std::size_t body_bytes) {
  switch (status) {
    case 206:
      return {{"Content-Range", fmt::format("bytes 0-{}/{}", body_bytes - 1, body_bytes)}};
    case 300:
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
      return {{"Location", "/"}};
    case 401:
      return {{"WWW-Authenticate", "Basic realm=\"closelab\""}};
    case 405:
      return {{"Allow", ""}};  // no method at all: the route refuses whatever it is asked with (RFC 9110 §10.2.1)
    case 407:
      return {{"Proxy-Authenticate", "Basic realm=\"closelab\""}};
    case 416:
      return {{"Content-Range", "bytes */0"}};
    case 426:
      return {{"Upgrade", "h2c"}};
    default:
      return {};
  }
}

std::string_view close_text(CloseMode mode) {
  switch (mode) {
    case CloseMode::lingering:
      return "FIN, then the server reads until your FIN: nothing is lost, and the server holds TIME_WAIT.";
    case CloseMode::immediate:
      return "FIN and close at once: the server holds TIME_WAIT, unless bytes of yours are unread; then it is an RST.";
    case CloseMode::abortive:
      return "RST: nobody holds TIME_WAIT, and what was not delivered yet is lost.";
    case CloseMode::delayed:
      return "FIN, a pause in which nothing is read, and close: an RST, if bytes of yours are unread by then.";
    case CloseMode::half:
      return "FIN, then the server reads for as long as you like: it stays in FIN_WAIT_2 until your FIN.";
    case CloseMode::deferred:
      return "the server waits for your FIN, so that TIME_WAIT is yours, and sends its own if you let it wait too "
             "long.";
    case CloseMode::never:
      return "not by the server: after your FIN its side stays in CLOSE_WAIT until it stops.";
  }
  return "";
}

}  // namespace

Response echo(const Request& request) {
  if (!request.body.empty()) {
    Response response{.body = std::string(request.body)};
    // Never a type of the request's choosing: a browser must not run what another site made it post.
    response.headers = {{"Content-Type", "application/octet-stream"}, {"X-Content-Type-Options", "nosniff"}};
    return response;
  }
  // HEAD is answered with the length that GET would have (RFC 9110 §9.3.2).
  const std::string_view method = request.method == "HEAD" ? "GET" : request.method;
  std::string head = fmt::format("{} {} {}\n", method, request.target, to_string(request.version));
  for (const FieldView& field : request.fields) head += fmt::format("{}: {}\n", field.name, field.value);
  return text(200, std::move(head));
}

Response bytes(const Request& request) { return pattern_response(request, true); }

Response chunked(const Request& request) { return pattern_response(request, false); }

Response status(const Request& request) {
  const Parsed<std::uint64_t> code = server::parse_number(argument(request));
  if (!code) return bad_request(fmt::format("{}; try /status/404", code.error));
  if (code.value < 200 || code.value > 599)
    return bad_request(fmt::format("{} is not a final status; they are 200 to 599 (RFC 9110 section 15)", code.value));
  const int status = static_cast<int>(code.value);
  // 204, 205 and 304 have no content (RFC 9110 §15).
  if (status == 204 || status == 205 || status == 304) return {.status = status};
  Response response = text(status, fmt::format("{} {}\n", status, reason_phrase(status)));
  for (Field& field : fields_of_status(status, response.body.size())) response.headers.push_back(std::move(field));
  return response;
}

Response delay(const Request& request) {
  const Parsed<std::chrono::milliseconds> duration = server::parse_duration(argument(request));
  if (!duration) return bad_request(fmt::format("{}; try /delay/200ms", duration.error));
  if (duration.value > longest_delay) return bad_request("the longest delay is 60s");
  Response response = text(200, fmt::format("Held back for {}.\n", server::format_duration(duration.value)));
  response.delay = duration.value;
  return response;
}

Response close(const Request& request) {
  const std::optional<CloseMode> mode = parse_close_mode(argument(request));
  if (!mode)
    return text(404, fmt::format("There is no close mode \"{}\". The modes are {}.\n",
                                 server::printable(argument(request)), close_mode_names()));
  Response response = text(200, fmt::format("After this the connection ends: {}\n", close_text(*mode)));
  response.close_mode = mode;
  return response;
}

Response not_found(const Request& request) {
  return text(404,
              fmt::format("There is nothing at {}. The routes are\n{}", server::printable(request.path), route_list));
}

void add_routes(Server& server, Switch cors) {
  const auto handle = [&server, cors](std::string_view pattern, Handler handler, HeadHandler on_head) {
    if (cors == Switch::on) handler = with_cors(std::move(handler));
    if (cors == Switch::on && on_head) on_head = with_cors(std::move(on_head));
    server.handle(pattern, std::move(handler), std::move(on_head));
  };
  const auto add = [&](std::string_view pattern, Handler handler, HeadHandler on_head = {}) {
    handle(pattern, with_query_options(std::move(handler), server.options().keep_alive), std::move(on_head));
  };
  const auto add_readable = [&](std::string_view pattern, Handler handler) {
    add(pattern, readable(std::move(handler)), if_expecting(refused_for_method));
  };
  handle("/*", not_found, if_expecting([](const Request& request) { return std::optional(not_found(request)); }));
  add_readable("/", [&server](const Request& request) {
    const Switch hold = server.is_held(request.connection_id) ? Switch::on : Switch::off;
    return text(200, root_page(request, server.options(), server.endpoint(), hold));
  });
  add("/echo", echo);
  add_readable("/bytes/*", bytes);
  add_readable("/chunked/*", chunked);
  add("/status/*", status);
  add("/delay/*", delay);
  add("/close/*", close);
}

}  // namespace closelab::lab
