#include "server/lab/admin/reply.h"

#include <utility>

namespace closelab::lab {

std::string json_line(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::vector<Field> admin_fields(std::string_view content_type) {
  return {{"Content-Type", std::string(content_type)},
          {"X-Content-Type-Options", "nosniff"},
          {"Cache-Control", "no-store"}};
}

Response json_reply(const Json& told, int status) {
  Json body = object({{"schema_version", admin_schema_version}});
  body.update(told);
  return {.status = status, .headers = admin_fields("application/json"), .body = json_line(body) + '\n'};
}

Response error_reply(const Refusal& refusal) {
  Json error = object({{"status", refusal.status()}, {"text", refusal.what()}});
  error.update(refusal.details());
  return json_reply(object({{"error", std::move(error)}}), refusal.status());
}

Response text_reply(std::string text, std::string_view content_type) {
  return {.headers = admin_fields(content_type), .body = std::move(text)};
}

}  // namespace closelab::lab
