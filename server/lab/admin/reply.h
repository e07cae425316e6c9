#pragma once

#include <stdexcept>
#include <string>

#include "closelab/handler.h"
#include "server/lab/json/record_json.h"

namespace closelab::lab {

/// The version of the admin port's JSON: a change that a client could notice, other than a further key, raises it.
inline constexpr int admin_schema_version = 1;

/// A request that is answered with an error; what() is its text.
class Refusal : public std::runtime_error {
 public:
  Refusal(int status, const std::string& text, Json details = Json::object())
      : std::runtime_error(text), status_(status), details_(std::move(details)) {}

  int status() const { return status_; }
  /// Further keys of the error.
  const Json& details() const { return details_; }

 private:
  int status_;
  Json details_;
};

/// A response whose body is that object, led by `schema_version`.
Response json_reply(const Json& told, int status = 200);
/// `{"schema_version":1,"error":{"status":404,"text":"..."}}`.
Response error_reply(const Refusal& refusal);
Response text_reply(std::string text, std::string_view content_type = "text/plain; charset=utf-8");
/// The fields of every response: never guessed at, never kept by a cache.
std::vector<Field> admin_fields(std::string_view content_type);

/// On one line; what is not UTF-8 becomes U+FFFD.
std::string json_line(const Json& json);

}  // namespace closelab::lab
