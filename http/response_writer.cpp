#include "http/response_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "http/characters.h"
#include "http/known_field.h"

namespace closelab::http {
namespace {

// Gathers the pieces of a head, most of them shorter than 20 bytes, and appends them to a string together: appended one
// by one they cost twice the instructions. flush() ends it.
class PieceWriter {
 public:
  explicit PieceWriter(std::string& out) : out_(out) {}
  PieceWriter(const PieceWriter&) = delete;
  PieceWriter& operator=(const PieceWriter&) = delete;

  // Inlined, a literal is copied by a few moves.
  [[gnu::always_inline]] PieceWriter& operator<<(std::string_view piece) {
    if (piece.size() > room()) return add_long(piece);
    std::char_traits<char>::copy(end_, piece.data(), piece.size());
    end_ += piece.size();
    return *this;
  }

  PieceWriter& operator<<(std::uint64_t number) { return append<10>(number); }
  template <int base>
  PieceWriter& append(std::uint64_t number) {
    constexpr std::size_t most_digits = 20;
    if (most_digits > room()) flush();
    end_ = std::to_chars(end_, end_ + most_digits, number, base).ptr;
    return *this;
  }

  void flush() {
    out_.append(buffer_.data(), end_);
    end_ = buffer_.data();
  }

 private:
  std::size_t room() const { return static_cast<std::size_t>(buffer_.data() + buffer_.size() - end_); }

  [[gnu::cold, gnu::noinline]] PieceWriter& add_long(std::string_view piece) {
    flush();
    out_.append(piece);
    return *this;
  }

  std::string& out_;
  std::array<char, 512> buffer_;
  /// Where what has been gathered ends.
  char* end_ = buffer_.data();
};

void append_two_digits(std::string& out, int number) {
  out += static_cast<char>('0' + number / 10);
  out += static_cast<char>('0' + number % 10);
}

bool is_servers_own(std::string_view name) {
  switch (known_field(name)) {
    case KnownField::connection:
    case KnownField::content_length:
    case KnownField::date:
    case KnownField::keep_alive:
    case KnownField::transfer_encoding:
      return true;
    default:
      return false;
  }
}

HeadError check(std::span<const Field> fields) {
  for (const Field& field : fields) {
    if (field.name.empty() || !all(token_character, field.name)) return HeadError::bad_field_name;
    if (!is_field_value(field.value)) return HeadError::bad_field_value;
  }
  return HeadError::none;
}

HeadError check(const ResponseHead& head) {
  return head.status < 200 || head.status > 999 ? HeadError::bad_status : check(head.fields);
}

/// Which of the server's own fields are among the lines.
struct NamedFields {
  bool date = false;
  bool framing = false;
  bool connection = false;
};

NamedFields named_in(std::string_view lines) {
  NamedFields named;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    const KnownField field = known_field(trim(line.substr(0, line.find(':'))));
    named.date = named.date || field == KnownField::date;
    named.framing = named.framing || field == KnownField::content_length || field == KnownField::transfer_encoding;
    named.connection = named.connection || field == KnownField::connection || field == KnownField::keep_alive;
  }
  return named;
}

void write_status_line(PieceWriter& out, const ResponseHead& head) {
  // Our own version, also to an HTTP/1.0 client (RFC 9110 §2.5); the space before a missing reason stays
  // (RFC 9112 §4).
  const int status = head.status;
  const auto digit = [status](int place) { return static_cast<char>('0' + status / place % 10); };
  const std::array<char, 5> code{' ', digit(100), digit(10), digit(1), ' '};
  out << to_string(head.version) << std::string_view(code.data(), code.size())
      << head.reason.value_or(reason_phrase(status)) << "\r\n";
}

void write_framing(PieceWriter& out, const ResponseFraming& framing) {
  if (framing.framing == Framing::chunked) out << "Transfer-Encoding: chunked\r\n";
  if (framing.framing == Framing::content_length) out << "Content-Length: " << framing.length << "\r\n";
}

// `Keep-Alive: timeout=5, max=99` (RFC 2068 §19.7.1.1); true when there was something to say.
bool write_keep_alive(PieceWriter& out, const ResponseHead& head) {
  const auto timeout =
      std::chrono::floor<std::chrono::seconds>(head.idle_timeout.value_or(std::chrono::milliseconds(0))).count();
  if (timeout < 1 && !head.requests_left) return false;
  out << "Keep-Alive: ";
  if (timeout >= 1) out << "timeout=" << static_cast<std::uint64_t>(timeout);
  if (head.requests_left) out << (timeout >= 1 ? ", max=" : "max=") << *head.requests_left;
  out << "\r\n";
  return true;
}

// The value of Connection, option by option; its line ends with this.
class ConnectionOptions {
 public:
  explicit ConnectionOptions(PieceWriter& out) : out_(out) {}
  ConnectionOptions(const ConnectionOptions&) = delete;
  ConnectionOptions& operator=(const ConnectionOptions&) = delete;
  ~ConnectionOptions() {
    if (!is_first_) out_ << "\r\n";
  }

  void say(std::string_view option) { out_ << (std::exchange(is_first_, false) ? "Connection: " : ", ") << option; }

  // The handler's, but for what is the server's to decide, and `upgrade` where there is a field that needs it.
  void say_others(std::span<const Field> fields) {
    bool upgrades = false;
    bool is_said = false;
    for (const Field& field : fields) {
      const KnownField known = known_field(field.name);
      upgrades = upgrades || known == KnownField::upgrade;
      if (known != KnownField::connection) continue;
      for_each_element(field.value, [&](std::string_view option) {
        if (equals_ignoring_case(option, "close") || equals_ignoring_case(option, "keep-alive")) return;
        is_said = is_said || equals_ignoring_case(option, "upgrade");
        say(option);
      });
    }
    if (upgrades && !is_said) say("upgrade");
  }

 private:
  PieceWriter& out_;
  bool is_first_ = true;
};

void write_connection(PieceWriter& out, const ResponseHead& head) {
  const bool closes = head.persistence == Persistence::Decision::close;
  const bool advertised = !closes && write_keep_alive(out, head);
  // HTTP/1.0 needs to be told that we keep (RFC 9112 §9.3), and Keep-Alive, being about this connection
  // only, must be named in Connection (RFC 9110 §7.6.1), as must Upgrade (§7.8).
  const bool needed = advertised || head.request_version == Version::http_1_0;
  const bool says_keep = !closes && (needed || head.keep_alive == KeepAliveField::always);
  ConnectionOptions options(out);
  if (closes) options.say("close");
  if (says_keep) options.say("keep-alive");
  options.say_others(head.fields);
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

std::string_view describe(HeadError fault) {
  constexpr std::array<std::string_view, 5> texts{
      "nothing is wrong", "the status is not between 200 and 999",
      "the status is not between 100 and 199, or it is 101, after which no HTTP follows", "a field name is not a token",
      "a field value holds a control character"};
  return texts[static_cast<std::size_t>(fault)];
}

HeadError write_head(std::string& to, const ResponseHead& head) {
  if (const HeadError fault = check(head); fault != HeadError::none) return fault;
  PieceWriter out(to);
  const NamedFields named = named_in(head.lines);
  write_status_line(out, head);
  if (!head.date.empty() && !named.date) out << "Date: " << head.date << "\r\n";
  for (const Field& field : head.fields) {
    if (!is_servers_own(field.name)) out << field.name << ": " << field.value << "\r\n";
  }
  if (!head.lines.empty()) out << complete_lines(head.lines);
  if (!named.framing) write_framing(out, head.framing);
  if (head.connection_lines) {
    out << *head.connection_lines;
  } else if (!named.connection) {
    write_connection(out, head);
  }
  out << "\r\n";
  out.flush();
  return HeadError::none;
}

void append_chunk(std::string& to, std::string_view data) {
  if (data.empty()) return;
  PieceWriter out(to);
  out.append<16>(data.size()) << "\r\n" << data << "\r\n";
  out.flush();
}

void append_last_chunk(std::string& out, std::string_view trailers) {
  out.append("0\r\n").append(complete_lines(trailers)).append("\r\n");
}

std::string complete_lines(std::string_view lines) {
  const bool lacks_end = !lines.empty() && !lines.ends_with("\r\n");
  return std::string(lines) + (lacks_end ? "\r\n" : "");
}

void write_interim(std::string& out, int status, std::string_view lines) {
  PieceWriter pieces(out);
  write_status_line(pieces, {.status = status});
  pieces << complete_lines(lines) << "\r\n";
  pieces.flush();
}

HeadError write_interim(std::string& out, int status, std::span<const Field> fields) {
  if (status < 100 || status > 199 || status == 101) return HeadError::bad_interim_status;
  if (const HeadError fault = check(fields); fault != HeadError::none) return fault;
  std::string lines;
  for (const Field& field : fields) lines.append(field.name).append(": ").append(field.value).append("\r\n");
  write_interim(out, status, lines);
  return HeadError::none;
}

void write_continue(std::string& out) { write_interim(out, 100, std::string_view()); }

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
