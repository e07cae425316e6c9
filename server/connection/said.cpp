#include "server/connection/said.h"

namespace closelab::server {
namespace {

/// An answer as nobody has asked for it.
std::string unasked(const AnswerAction& answer, std::string_view date) {
  http::ResponseHead head{.status = answer.status, .framing = framing_of(answer, "GET"), .date = date};
  if (answer.close || answer.framing == AnswerAction::Framing::close) head.persistence = Persistence::Decision::close;
  shape_head(head, answer);
  const std::string lines = announced_lines(answer.announce.value_or(""));
  if (answer.announce) head.connection_lines = lines;
  std::string bytes;
  http::write_head(bytes, head);
  if (answer.framing != AnswerAction::Framing::chunked) return bytes + answer.body;
  http::append_chunk(bytes, answer.body);
  http::append_last_chunk(bytes, answer.trailers);
  return bytes;
}

std::string interim_responses(const InterimAction& interim) {
  std::string one;
  http::write_interim(one, interim.status, interim.fields);
  std::string all;
  for (std::uint64_t i = 0; i < interim.count; ++i) all += one;
  return all;
}

/// A late one is said when its time has come.
std::string continues(const ExpectAction& expect) {
  std::string bytes;
  const bool once = expect.kind == ExpectAction::Kind::proceed;
  if (once || expect.kind == ExpectAction::Kind::twice) http::write_continue(bytes);
  if (expect.kind == ExpectAction::Kind::twice) http::write_continue(bytes);
  return bytes;
}

}  // namespace

bool is_asked_at(At at) { return at >= At::request_headers && at <= At::before_response; }

std::string bytes_said_at_once(const Rule& rule, std::string_view date) {
  if (const auto* send = std::get_if<SendAction>(&rule.action)) return send->bytes;
  if (const auto* interim = std::get_if<InterimAction>(&rule.action)) return interim_responses(*interim);
  if (const auto* expect = std::get_if<ExpectAction>(&rule.action)) return continues(*expect);
  const auto* answer = std::get_if<AnswerAction>(&rule.action);
  return answer != nullptr && !is_asked_at(rule.at.at) ? unasked(*answer, date) : "";
}

std::string announced_lines(std::string_view text) {
  if (text == "none") return "";
  const std::size_t semicolon = text.find(';');
  const std::string_view first = text.substr(0, semicolon);
  if (first.find('=') != std::string_view::npos)
    return "Connection: keep-alive\r\nKeep-Alive: " + std::string(text) + "\r\n";
  const std::string lines = "Connection: " + std::string(first) + "\r\n";
  if (semicolon == std::string_view::npos) return lines;
  const std::string_view rest = text.substr(semicolon + 1);
  const std::size_t begin = rest.find_first_not_of(' ');
  return lines + "Keep-Alive: " + std::string(rest.substr(std::min(begin, rest.size()))) + "\r\n";
}

Response response_of(const AnswerAction& answer) { return {.status = answer.status, .body = answer.body}; }

http::ResponseFraming framing_of(const AnswerAction& answer, std::string_view method) {
  const auto body = method == "HEAD" ? http::ResponseBody::omitted : http::ResponseBody::sent;
  switch (answer.framing) {
    case AnswerAction::Framing::length:
      return {http::Framing::content_length, body, answer.length.value_or(answer.body.size())};
    case AnswerAction::Framing::chunked:
      return {http::Framing::chunked, body, 0};
    case AnswerAction::Framing::close:
      return {http::Framing::until_close, body, 0};
    case AnswerAction::Framing::none:
      break;
  }
  return {http::Framing::none, body, 0};
}

void shape_head(http::ResponseHead& head, const AnswerAction& answer) {
  head.version = answer.version;
  if (answer.reason) head.reason = *answer.reason;
  head.lines = answer.fields;
}

bool misleads(const AnswerAction& answer, std::string_view method) {
  if (method == "HEAD") return false;
  const bool ends_with_head = answer.status == 204 || answer.status == 304;
  if (ends_with_head) return !answer.body.empty() || answer.framing == AnswerAction::Framing::chunked;
  return answer.framing == AnswerAction::Framing::length && answer.length.value_or(0) > answer.body.size();
}

}  // namespace closelab::server
