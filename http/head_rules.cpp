#include "http/head_rules.h"

#include <algorithm>
#include <array>

#include "http/characters.h"
#include "http/host.h"

namespace closelab::http {
namespace {

// RFC 9112 §3: a method longer than any that is implemented SHOULD be answered 501.
constexpr std::size_t longest_method = 32;

// 16 hold 64 bits; zeros before them are allowed (RFC 9112 §7.1), but not without end.
constexpr unsigned most_size_digits = 64;

// The content type of a TLS handshake record (RFC 8446 §5.1).
constexpr char tls_handshake_record = 0x16;

constexpr std::string_view http_scheme = "http://";

bool has_http_scheme(std::string_view target) {
  return equals_ignoring_case(target.substr(0, http_scheme.size()), http_scheme);
}

// What follows the scheme's `//` up to the path or query.
std::string_view authority_of(std::string_view target) {
  target.remove_prefix(http_scheme.size());
  return target.substr(0, target.find_first_of("/?"));
}

bool is_target_form(std::string_view method, std::string_view target) {
  if (target.front() == '/') return true;
  if (target == "*") return method == "OPTIONS";
  if (!has_http_scheme(target)) return false;
  const std::string_view authority = authority_of(target);
  // The http scheme needs a host (RFC 9110 §4.2.1); user information in it is refused by is_host (§4.2.4).
  return !authority.empty() && is_host(authority);
}

}  // namespace

Refusal RequestLine::step(char c) {
  switch (part_) {
    case Part::method:
      return step_method(c);
    case Part::target:
      return step_target(c);
    case Part::version:
      return step_version(c);
    default:
      return step_line_feed(c);
  }
}

Refusal RequestLine::step_method(char c) {
  if (is(token_character, c)) return ++method_bytes_ > longest_method ? Refusal::method_too_long : Refusal::none;
  if (c == ' ' && method_bytes_ > 0) {
    part_ = Part::target;
    return Refusal::none;
  }
  if (c == '\n') return Refusal::bare_lf;
  if (c == '\r' && method_bytes_ > 0) return Refusal::no_target;
  return c == tls_handshake_record && method_bytes_ == 0 ? Refusal::tls_handshake : Refusal::bad_method;
}

Refusal RequestLine::step_target(char c) {
  if (is(target_character, c)) return ++target_bytes_ > target_limit_ ? Refusal::target_too_long : Refusal::none;
  if (c == ' ' && target_bytes_ > 0) {
    part_ = Part::version;
    return Refusal::none;
  }
  if (c == ' ') return Refusal::extra_space;
  if (c == '\n') return Refusal::bare_lf;
  if (c != '\r') return Refusal::bad_target;
  // HTTP/0.9's simple request ends here; it has no version.
  return target_bytes_ > 0 ? Refusal::no_version : Refusal::no_target;
}

Refusal RequestLine::step_version(char c) {
  constexpr std::string_view pattern = "HTTP/0.0\r";
  const std::size_t at = version_bytes_++;
  const bool digit = pattern[at] == '0';
  if (digit ? !is(digit_character, c) : c != pattern[at]) {
    if (c == '\n') return Refusal::bare_lf;
    return at == 0 && c == ' ' ? Refusal::extra_space : Refusal::bad_version;
  }
  if (at == pattern.find('0')) major_ = c;
  if (c == '\r') part_ = Part::line_feed;
  return Refusal::none;
}

Refusal RequestLine::step_line_feed(char c) {
  if (c != '\n') return Refusal::bare_cr;
  part_ = Part::complete;
  return major_ == '1' ? Refusal::none : Refusal::version_unsupported;
}

std::size_t RequestLine::take_whole(std::string_view bytes) {
  constexpr std::string_view version = " HTTP/1.1\r\n";
  const std::size_t method = count_leading(token_character, bytes);
  if (method == 0 || method > longest_method || method == bytes.size() || bytes[method] != ' ') return 0;
  bytes.remove_prefix(method + 1);
  const std::size_t target = count_leading(target_character, bytes);
  if (target == 0 || target > target_limit_ || !bytes.substr(target).starts_with(version)) return 0;
  method_bytes_ = method;
  target_bytes_ = target;
  part_ = Part::complete;
  return method + 1 + target + version.size();
}

Refusal FieldLine::step(char c) {
  switch (part_) {
    case Part::start:
      return step_start(c);
    case Part::name:
      return step_name(c);
    case Part::value:
      return step_value(c);
    default:
      part_ = Part::complete;
      return c == '\n' ? Refusal::none : Refusal::bare_cr;
  }
}

Refusal FieldLine::step_start(char c) {
  // RFC 9112 §5.2 lets a server refuse obs-fold; before the first field §2.2 asks for it.
  if (c == ' ' || c == '\t') return Refusal::folded_line;
  if (c == ':') return Refusal::empty_field_name;
  if (c == '\n') return Refusal::bare_lf;
  if (c == '\r') {
    part_ = Part::line_feed;
    return Refusal::none;
  }
  part_ = Part::name;
  return step_name(c);
}

Refusal FieldLine::step_name(char c) {
  if (is(token_character, c)) {
    ++name_bytes_;
    return Refusal::none;
  }
  if (c == ':') {
    part_ = Part::value;
    return Refusal::none;
  }
  // RFC 9112 §5.1: it MUST be refused, having been read in two ways.
  if (c == ' ' || c == '\t') return Refusal::space_before_colon;
  if (c == '\n') return Refusal::bare_lf;
  return c == '\r' ? Refusal::no_colon : Refusal::bad_field_name;
}

Refusal FieldLine::step_value(char c) {
  if (is(value_character, c)) return Refusal::none;
  if (c == '\n') return Refusal::bare_lf;
  if (c != '\r') return Refusal::bad_field_value;
  part_ = Part::line_feed;
  return Refusal::none;
}

Refusal ChunkSizeLine::step(char c) {
  switch (part_) {
    case Part::size:
      return step_size(c);
    case Part::space:
      return step_space(c);
    case Part::extension:
      return step_extension(c);
    default:
      part_ = Part::complete;
      return c == '\n' ? Refusal::none : Refusal::bare_cr;
  }
}

Refusal ChunkSizeLine::step_size(char c) {
  if (is(hex_character, c)) {
    const bool overflow = size_ >> 60 != 0 || ++digits_ > most_size_digits;
    size_ = size_ << 4 | hex_value(c);
    return overflow ? Refusal::chunk_size_overflow : Refusal::none;
  }
  if (c == '\n') return Refusal::bare_lf;
  if (digits_ == 0) return Refusal::bad_chunk_size;
  if (c == '\r') {
    part_ = Part::line_feed;
    return Refusal::none;
  }
  part_ = Part::space;
  return step_space(c);
}

Refusal ChunkSizeLine::step_space(char c) {
  if (c == ' ' || c == '\t') return Refusal::none;
  if (c == '\n') return Refusal::bare_lf;
  if (c != ';') return Refusal::bad_chunk_size;
  part_ = Part::extension;
  return Refusal::none;
}

Refusal ChunkSizeLine::step_extension(char c) {
  if (is(value_character, c)) return Refusal::none;
  if (c == '\n') return Refusal::bare_lf;
  if (c != '\r') return Refusal::bad_chunk_extension;
  part_ = Part::line_feed;
  return Refusal::none;
}

Refusal check_request_line(std::string_view method, std::string_view target) {
  constexpr auto known = std::to_array<std::string_view>({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"});
  if (std::ranges::find(known, method) == known.end()) return Refusal::method_unknown;
  return is_target_form(method, target) ? Refusal::none : Refusal::target_form;
}

TargetParts split_target(std::string_view target) {
  if (target == "*") return {"/", {}};
  if (target.front() != '/') target.remove_prefix(http_scheme.size() + authority_of(target).size());
  const std::size_t mark = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, mark);
  const std::string_view query = mark < target.size() ? target.substr(mark + 1) : std::string_view{};
  return {path.empty() ? "/" : path, query};
}

}  // namespace closelab::http
