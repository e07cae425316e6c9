#include "server/lab/serve/cors.h"

#include <string>
#include <string_view>
#include <utility>

namespace closelab::lab {
namespace {

void add(Response& response, std::string_view name, std::string_view value) {
  response.headers.push_back({std::string(name), std::string(value)});
}

/// Without credentials every origin is as good as any, and all fields may be read; the time at which connections were
/// opened and reused, too (Resource Timing).
void allow(Response& response, const Request& request) {
  if (!request.field("Origin")) return;
  add(response, "Access-Control-Allow-Origin", "*");
  add(response, "Access-Control-Expose-Headers", "*");
  add(response, "Timing-Allow-Origin", "*");
}

/// Everything is allowed; `*` does not mean Authorization. Each request asks anew: a preflight that a cache answers
/// would make an experiment's second run another than its first.
Response permission(const Request& request) {
  Response response{.status = 204};
  add(response, "Access-Control-Allow-Origin", "*");
  add(response, "Access-Control-Allow-Methods", "*");
  add(response, "Access-Control-Allow-Headers", "*, Authorization");
  // A public page asks for a loopback address (Private Network Access).
  if (request.field("Access-Control-Request-Private-Network"))
    add(response, "Access-Control-Allow-Private-Network", "true");
  add(response, "Access-Control-Max-Age", "0");
  return response;
}

}  // namespace

bool is_preflight(const Request& request) {
  return request.method == "OPTIONS" && request.field("Origin") && request.field("Access-Control-Request-Method");
}

Handler with_cors(Handler handler) {
  return [handler = std::move(handler)](const Request& request) {
    if (is_preflight(request)) return permission(request);
    Response response = handler(request);
    allow(response, request);
    return response;
  };
}

HeadHandler with_cors(HeadHandler handler) {
  return [handler = std::move(handler)](const Request& request) {
    std::optional<Response> response = is_preflight(request) ? std::nullopt : handler(request);
    if (response) allow(*response, request);
    return response;
  };
}

}  // namespace closelab::lab
