#include "tests/personas/answers.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <optional>

namespace closelab::persona_test {
namespace {

using Fields = std::map<std::string, std::string>;

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

Fields fields_of(std::string_view head) {
  Fields fields;
  for (std::size_t begin = head.find("\r\n"); begin != std::string_view::npos;) {
    const std::size_t end = head.find("\r\n", begin + 2);
    const std::string line = lower(head.substr(begin + 2, end - begin - 2));
    if (const std::size_t colon = line.find(": "); colon != std::string::npos)
      fields[line.substr(0, colon)] = line.substr(colon + 2);
    begin = end;
  }
  return fields;
}

std::size_t number(std::string_view text, int base) {
  std::size_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

/// Length of a chunked body with its framing; nothing while its end is missing.
std::optional<std::size_t> chunked_length(std::string_view bytes) {
  for (std::size_t at = 0;;) {
    const std::size_t line_end = bytes.find("\r\n", at);
    if (line_end == std::string_view::npos) return std::nullopt;
    const std::size_t size = number(bytes.substr(at, line_end - at), 16);
    at = line_end + 2 + size + 2;
    if (at > bytes.size()) return std::nullopt;
    if (size == 0) return at;
  }
}

/// Length of the body if it is complete.
std::optional<std::size_t> body_length(const Fields& fields, std::string_view rest, bool ended) {
  if (const auto length = fields.find("content-length"); length != fields.end()) {
    const std::size_t bytes = number(length->second, 10);
    return bytes <= rest.size() ? std::optional(bytes) : std::nullopt;
  }
  if (fields.contains("transfer-encoding")) return chunked_length(rest);
  return ended ? std::optional(rest.size()) : std::nullopt;
}

std::string persistence_of(const Fields& fields) {
  std::string text;
  for (const char* name : {"connection", "keep-alive"}) {
    if (const auto field = fields.find(name); field != fields.end()) text += (text.empty() ? "" : "; ") + field->second;
  }
  return text.empty() ? "-" : text;
}

}  // namespace

std::vector<Answer> parse_answers(std::string_view bytes, bool ended) {
  std::vector<Answer> answers;
  while (!bytes.empty()) {
    Answer& answer = answers.emplace_back();
    const std::size_t head = bytes.find("\r\n\r\n");
    if (head == std::string_view::npos) break;
    answer.status = static_cast<int>(number(bytes.substr(9, 3), 10));
    const Fields fields = fields_of(bytes.substr(0, head));
    answer.persistence = persistence_of(fields);
    answer.closes = answer.persistence == "close";
    bytes.remove_prefix(head + 4);
    const std::optional<std::size_t> length = body_length(fields, bytes, ended);
    answer.complete = length.has_value();
    bytes.remove_prefix(length.value_or(bytes.size()));
  }
  return answers;
}

}  // namespace closelab::persona_test
