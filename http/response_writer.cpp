#include "http/response_writer.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "http/characters.h"

namespace closelab::http {
namespace {

void append_number(std::string& out, std::uint64_t number, int base = 10) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, base).ptr;
  out.append(digits.data(), end);
}

void append_two_digits(std::string& out, int number) {
  out += static_cast<char>('0' + number / 10);
  out += static_cast<char>('0' + number % 10);
}

bool is_servers_own(std::string_view name) {
  constexpr auto names =
      std::to_array<std::string_view>({"connection", "content-length", "date", "keep-alive", "transfer-encoding"});
  return std::ranges::any_of(names, [name](std::string_view own) { return equals_ignoring_case(name, own); });
}

HeadFault check(const ResponseHead& head) {
  if (head.status < 200 || head.status > 999) return HeadFault::bad_status;
  for (const Field& field : head.fields) {
    if (field.name.empty() || !all(token_character, field.name)) return HeadFault::bad_field_name;
    if (!all(value_character, field.value)) return HeadFault::bad_field_value;
  }
  return HeadFault::none;
}

void append_status_line(std::string& out, int status) {
  // Our own version, also to an HTTP/1.0 client (RFC 9110 §2.5); the space before a missing reason stays
  // (RFC 9112 §4).
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<std::uint64_t>(status));
  out.append(" ").append(reason_phrase(status)).append("\r\n");
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void append_framing(std::string& out, const ResponseFraming& framing) {
  if (framing.framing == Framing::chunked) append_field(out, "Transfer-Encoding", "chunked");
  if (framing.framing != Framing::content_length) return;
  out.append("Content-Length: ");
  append_number(out, framing.length);
  out.append("\r\n");
}

// `Keep-Alive: timeout=5, max=99` (RFC 2068 §19.7.1.1); true when there was something to say.
bool append_keep_alive(std::string& out, const ResponseHead& head) {
  const auto timeout =
      std::chrono::floor<std::chrono::seconds>(head.idle_timeout.value_or(std::chrono::milliseconds(0))).count();
  if (timeout < 1 && !head.requests_left) return false;
  out.append("Keep-Alive: ");
  if (timeout >= 1) {
    out.append("timeout=");
    append_number(out, static_cast<std::uint64_t>(timeout));
  }
  if (head.requests_left) {
    out.append(timeout >= 1 ? ", max=" : "max=");
    append_number(out, *head.requests_left);
  }
  out.append("\r\n");
  return true;
}

void append_persistence(std::string& out, const ResponseHead& head) {
  if (head.persistence == Persistence::Decision::close) return append_field(out, "Connection", "close");
  const bool advertised = append_keep_alive(out, head);
  // HTTP/1.0 needs to be told that we keep (RFC 9112 §9.3), and Keep-Alive, being about this connection
  // only, must be named in Connection (RFC 9110 §7.6.1).
  const bool needed = advertised || head.request_version == Version::http_1_0;
  if (needed || head.keep_alive == KeepAliveField::always) append_field(out, "Connection", "keep-alive");
}

}  // namespace

ResponseFraming choose_framing(std::string_view method, int status, Version request_version,
                               std::optional<std::uint64_t> length) {
  // 1xx and 204 have neither body nor Content-Length (RFC 9110 §8.6); 304's would be that of the 200 which
  // we don't know here.
  if (status < 200 || status == 204 || status == 304) return {};
  // 205 must not have content (RFC 9110 §15.3.6).
  if (status == 205) return {Framing::content_length, ResponseBody::omitted, 0};
  const ResponseBody body = method == "HEAD" ? ResponseBody::omitted : ResponseBody::sent;
  if (length) return {Framing::content_length, body, *length};
  // HTTP/1.0 has no chunks (RFC 9112 §6.1).
  return {request_version == Version::http_1_0 ? Framing::until_close : Framing::chunked, body, 0};
}

std::string_view describe(HeadFault fault) {
  constexpr std::array<std::string_view, 4> texts{"nothing is wrong", "the status is not between 200 and 999",
                                                  "a field name is not a token",
                                                  "a field value holds a control character"};
  return texts[static_cast<std::size_t>(fault)];
}

HeadFault write_head(std::string& out, const ResponseHead& head) {
  if (const HeadFault fault = check(head); fault != HeadFault::none) return fault;
  append_status_line(out, head.status);
  if (!head.date.empty()) append_field(out, "Date", head.date);
  for (const Field& field : head.fields) {
    if (!is_servers_own(field.name)) append_field(out, field.name, field.value);
  }
  append_framing(out, head.framing);
  append_persistence(out, head);
  out.append("\r\n");
  return HeadFault::none;
}

void append_chunk(std::string& out, std::string_view data) {
  if (data.empty()) return;
  append_number(out, data.size(), 16);
  out.append("\r\n").append(data).append("\r\n");
}

void append_last_chunk(std::string& out) { out.append("0\r\n\r\n"); }

void write_continue(std::string& out) { out.append("HTTP/1.1 100 Continue\r\n\r\n"); }

std::string format_http_date(std::time_t time) {
  constexpr std::string_view days = "SunMonTueWedThuFriSat";
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  std::tm utc{};
  gmtime_r(&time, &utc);
  const int year = utc.tm_year + 1900;
  std::string text;
  text.append(days.substr(static_cast<std::size_t>(utc.tm_wday) * 3, 3)).append(", ");
  append_two_digits(text, utc.tm_mday);
  text.append(" ").append(months.substr(static_cast<std::size_t>(utc.tm_mon) * 3, 3)).append(" ");
  append_two_digits(text, year / 100);
  append_two_digits(text, year % 100);
  text += ' ';
  append_two_digits(text, utc.tm_hour);
  text += ':';
  append_two_digits(text, utc.tm_min);
  text += ':';
  append_two_digits(text, utc.tm_sec);
  return text.append(" GMT");
}

}  // namespace closelab::http
