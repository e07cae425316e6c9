#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "closelab/message.h"
#include "closelab/persistence.h"

namespace closelab::http {

/// How a response's head says where its body ends (RFC 9112 §6.3).
enum class Framing : std::uint8_t { none, content_length, chunked, until_close };

/// Is a body written after the head? HEAD gets GET's head without its body (RFC 9110 §9.3.2).
enum class ResponseBody : std::uint8_t { sent, omitted };

struct ResponseFraming {
  Framing framing = Framing::none;
  ResponseBody body = ResponseBody::omitted;
  /// With Framing::content_length.
  std::uint64_t length = 0;

  friend bool operator==(const ResponseFraming&, const ResponseFraming&) = default;
};

/// The framing of a response whose body has this length; nullopt is a length not known beforehand.
ResponseFraming choose_framing(std::string_view method, int status, Version request_version,
                               std::optional<std::uint64_t> length);

/// When a connection that is kept is told so by `Connection: keep-alive`.
enum class KeepAliveField : std::uint8_t { when_needed, always };

/// Everything that a response's head is made of.
struct ResponseHead {
  /// 200..999, as a final response has; the reason phrase follows from it.
  int status = 200;
  /// The handler's fields. Content-Length, Date, Keep-Alive and Transfer-Encoding among them are left out: these are
  /// the server's to say, and so is what Connection says of persistence; its other options join the server's.
  std::span<const Field> fields{};
  ResponseFraming framing{};
  /// As format_http_date gives it.
  std::string_view date{};
  Persistence::Decision persistence = Persistence::Decision::keep;
  /// Advertised in Keep-Alive on a connection that is kept: whole seconds, rounded down; less than
  /// one is not said.
  std::optional<std::chrono::milliseconds> idle_timeout{};
  /// Advertised as `max`: how many requests more the connection may carry.
  std::optional<std::uint64_t> requests_left{};
  Version request_version = Version::http_1_1;
  KeepAliveField keep_alive = KeepAliveField::when_needed;

  // What a server that tests clients says, true or not.
  /// What the status line says.
  Version version = Version::http_1_1;
  /// Unset: the one that belongs to the status.
  std::optional<std::string_view> reason{};
  /// Field lines as they are; Date, framing, and Connection with Keep-Alive, are left out where a line has that name.
  std::string_view lines{};
  /// Lines in place of Connection and Keep-Alive.
  std::optional<std::string_view> connection_lines{};
};

/// Why a head was not written.
enum class HeadError : std::uint8_t { none, bad_status, bad_interim_status, bad_field_name, bad_field_value };

std::string_view describe(HeadError fault);

/// Appends the head with its empty line. On a fault nothing is appended: a field with CR, LF or NUL
/// in it would let a handler's data write fields or whole responses (RFC 9110 §5.5).
HeadError write_head(std::string& out, const ResponseHead& head);

/// Appends a chunk; nothing for an empty one, which would end the body (RFC 9112 §7.1).
void append_chunk(std::string& out, std::string_view data);
/// With the trailers' field lines.
void append_last_chunk(std::string& out, std::string_view trailers = {});

/// Field lines with the CRLF that the last of them may lack.
std::string complete_lines(std::string_view lines);

/// Appends an interim response, 100 to 199, with these field lines.
void write_interim(std::string& out, int status, std::string_view lines);

/// The same with a handler's fields; nothing is appended when they, or the status, can't be sent.
HeadError write_interim(std::string& out, int status, std::span<const Field> fields);

/// Appends the interim response 100 (Continue).
void write_continue(std::string& out);

/// `Sun, 06 Nov 1994 08:49:37 GMT` (IMF-fixdate, RFC 9110 §5.6.7), whatever the locale.
std::string format_http_date(std::time_t time);

}  // namespace closelab::http
