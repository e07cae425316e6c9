#include "server/lab/audit/reply.h"

#include <fmt/format.h>

#include <charconv>
#include <sstream>
#include <system_error>

#include "server/text/printable.h"
#include "server/text/quantity.h"

namespace closelab::lab {
namespace {

/// How much is quoted of a line that is none of the protocol's.
constexpr std::size_t most_quoted = 200;

/// Digits and nothing else: a stream takes "-1" for a very large number.
template <class Number>
bool read_number(const std::string& word, Number& number) {
  const char* end = word.data() + word.size();
  const auto [behind, error] = std::from_chars(word.data(), end, number);
  return error == std::errc() && behind == end && word.front() != '-';
}

/// Reads `STATUS BYTES`; false for anything else.
bool read_numbers(std::istringstream& in, Reply& reply) {
  std::string status;
  std::string bytes;
  std::string rest;
  if (!(in >> status >> bytes) || in >> rest) return false;
  return read_number(status, reply.status.emplace()) && read_number(bytes, reply.bytes.emplace());
}

bool read_reply(std::istringstream& in, Reply& reply) {
  std::string word;
  in >> word;
  if (word == "ok") return read_numbers(in, reply);
  if (word != "err" && word != "na") return false;
  reply.kind = word == "err" ? Reply::Kind::error : Reply::Kind::not_applicable;
  std::getline(in >> std::ws, reply.text);
  return true;
}

}  // namespace

std::string_view to_string(Reply::Kind kind) {
  switch (kind) {
    case Reply::Kind::ok:
      return "ok";
    case Reply::Kind::error:
      return "err";
    case Reply::Kind::not_applicable:
      return "na";
  }
  return "";
}

std::string describe(const Reply& reply) {
  if (reply.kind == Reply::Kind::not_applicable) return "no word";
  if (reply.kind == Reply::Kind::error) return reply.text.empty() ? "an error" : "an error: " + reply.text;
  if (!reply.status) return "success";
  return fmt::format("{} with {}", *reply.status, server::counted(reply.bytes.value_or(0), "byte"));
}

ParsedReply parse_reply(std::string_view line, std::size_t number) {
  std::istringstream in{std::string(line)};
  ParsedReply parsed;
  std::size_t said = 0;
  if (in >> said && said == number && read_reply(in, parsed.reply)) return parsed;
  return {.error = fmt::format("the driver said {}, not \"{} ok STATUS BYTES\", \"{} err TEXT\" or \"{} na\"",
                               server::quoted(line.substr(0, most_quoted)), number, number, number)};
}

}  // namespace closelab::lab
