// Reads a text as a request and tells what came out, for the tests of RequestParser.

#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/request_parser.h"

namespace closelab::http {

using Event = RequestParser::Event;

// Small, so that the tables can stand at a limit and one beyond it.
inline HttpLimits small_limits() {
  return {.target_bytes = 60, .header_bytes = 200, .header_count = 6, .body_bytes = 20};
}

// What a parser says of a text that is one message, or the beginning of one, or not one.
struct Result {
  Event event = Event::need_more;
  Refusal fault = Refusal::none;
  std::string error;
  std::size_t consumed = 0;
  bool saw_head = false;
  std::string method, target, path, query, body;
  Version version = Version::http_1_1;
  std::vector<std::pair<std::string, std::string>> fields;
  BodyFraming framing = BodyFraming::none;

  friend bool operator==(const Result&, const Result&) = default;
};

inline bool is_end(Event event) { return event == Event::message || event == Event::error; }

inline void take_pieces(RequestParser& parser, Result& result, const std::vector<std::string_view>& pieces) {
  for (std::string_view piece : pieces) {
    while (!piece.empty() && !is_end(result.event)) {
      const auto step = parser.feed(piece);
      piece.remove_prefix(step.consumed);
      result.consumed += step.consumed;
      result.event = step.event;
      result.saw_head = result.saw_head || step.event == Event::head;
      REQUIRE((step.consumed > 0 || is_end(step.event)));
    }
  }
}

inline Result read_with(RequestParser& parser, const std::vector<std::string_view>& pieces) {
  parser.reset();
  Result result;
  take_pieces(parser, result, pieces);
  if (result.event == Event::head) result.event = Event::need_more;
  result.fault = parser.error().fault;
  result.error = parser.error().text;
  if (result.event != Event::message) return result;
  const RequestMessage& message = parser.message();
  result.method = message.method;
  result.target = message.target;
  result.path = message.path;
  result.query = message.query;
  result.version = message.version;
  result.body = message.body;
  result.framing = parser.framing();
  for (const auto& field : message.fields) result.fields.emplace_back(field.name, field.value);
  return result;
}

// Reads the text in one piece, then split at every byte and byte by byte: the answer must be the same.
inline Result read_all_ways(const std::string& text, const HttpLimits& limits) {
  RequestParser parser(limits);
  const std::string_view view = text;
  const Result whole = read_with(parser, {view});
  for (std::size_t at = 1; at < view.size(); ++at) {
    CAPTURE(at);
    CHECK((read_with(parser, {view.substr(0, at), view.substr(at)}) == whole));
  }
  std::vector<std::string_view> bytes;
  for (std::size_t at = 0; at < view.size(); ++at) bytes.push_back(view.substr(at, 1));
  CHECK((read_with(parser, bytes) == whole));
  return whole;
}

inline Result read_with_defaults(const std::string& text) {
  RequestParser parser{HttpLimits{}};
  return read_with(parser, {text});
}

inline std::string get(const std::string& fields, const std::string& line = "GET / HTTP/1.1") {
  return line + "\r\n" + fields + "\r\n";
}

inline std::string post(const std::string& fields, const std::string& body = "") {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body;
}

inline std::string chunked(const std::string& body) { return post("Transfer-Encoding: chunked\r\n", body); }

}  // namespace closelab::http
