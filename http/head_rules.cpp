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

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// At `at` a line must end. `elsewhere`: what is wrong with a byte there that is no line end at all.
Line end_line(std::string_view text, std::size_t at, Refusal elsewhere) {
  if (at == text.size()) return {};
  if (text[at] != '\r') return {text[at] == '\n' ? Refusal::bare_lf : elsewhere, at + 1};
  if (at + 1 == text.size()) return {};
  return {text[at + 1] == '\n' ? Refusal::none : Refusal::bare_cr, at + 2};
}

Refusal fault_after_method(char c, bool is_first) {
  if (c == '\n') return Refusal::bare_lf;
  if (c == '\r' && !is_first) return Refusal::no_target;
  return c == tls_handshake_record && is_first ? Refusal::tls_handshake : Refusal::bad_method;
}

Refusal fault_after_target(char c, bool is_first) {
  if (c == ' ') return Refusal::extra_space;
  if (c == '\n') return Refusal::bare_lf;
  if (c != '\r') return Refusal::bad_target;
  // HTTP/0.9's simple request ends here; it has no version.
  return is_first ? Refusal::no_target : Refusal::no_version;
}

// How many bytes at the beginning a target may hold, up to the one that spoils a percent-encoding (RFC 3986 §2.1).
std::size_t count_target(std::string_view text) {
  std::size_t size = count_leading(target_character, text);
  while (size < text.size() && text[size] == '%') {
    const std::size_t digits = count_leading(hex_character, text.substr(size + 1, 2));
    size += 1 + digits;
    if (digits < 2) break;
    size += count_leading(target_character, text.substr(size));
  }
  return size;
}

bool ends_in_encoding(std::string_view target) {
  return target.ends_with('%') || (target.size() > 1 && target[target.size() - 2] == '%');
}

// What follows the method and its space.
Line judge_target(std::string_view text, std::size_t limit) {
  const std::size_t size = count_target(text);
  if (size > limit) return {Refusal::target_too_long, limit + 1};
  if (size == text.size()) return {};
  if (ends_in_encoding(text.substr(0, size))) return {Refusal::bad_percent_encoding, size + 1};
  const bool good = text[size] == ' ' && size > 0;
  return {good ? Refusal::none : fault_after_target(text[size], size == 0), size + 1};
}

constexpr std::size_t version_size = std::string_view("HTTP/1.1").size();

// What follows the target and its space.
Line judge_version(std::string_view text) {
  if (text.starts_with("HTTP/1.1\r\n")) return {Refusal::none, version_size + 2};
  constexpr std::string_view pattern = "HTTP/0.0";
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    if (at == text.size()) return {};
    if (pattern[at] == '0' ? is(digit_character, text[at]) : text[at] == pattern[at]) continue;
    if (text[at] == '\n') return {Refusal::bare_lf, at + 1};
    if (text[at] == '\r' && pattern[at] == '.') return {Refusal::no_minor_version, at + 1};
    return {at == 0 && text[at] == ' ' ? Refusal::extra_space : Refusal::bad_version, at + 1};
  }
  Line line = end_line(text, pattern.size(), Refusal::bad_version);
  const bool is_good = line.fault == Refusal::none && line.size > 0;
  if (is_good && text[pattern.find('0')] != '1') line.fault = Refusal::version_unsupported;
  return line;
}

Refusal fault_after_name(char c, bool is_first) {
  if (c == '\n') return Refusal::bare_lf;
  // RFC 9112 §5.2 lets a server refuse obs-fold; before the first field §2.2 asks for it. White space before the colon
  // MUST be refused, having been read in two ways (§5.1).
  if (is_blank(c)) return is_first ? Refusal::folded_line : Refusal::space_before_colon;
  if (c == ':') return Refusal::empty_field_name;
  return c == '\r' ? Refusal::no_colon : Refusal::bad_field_name;
}

// From the `;` on.
Line judge_extensions(std::string_view text) {
  bool name_due = false;
  bool quoted = false;
  bool escaped = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (name_due && (c == ';' || c == '=' || c == '\r')) return {Refusal::empty_chunk_extension, at + 1};
    if (!is(value_character, c)) return end_line(text, at, Refusal::bad_chunk_extension);
    if (c == '"' && !escaped) quoted = !quoted;
    escaped = quoted && c == '\\' && !escaped;
    name_due = (name_due && is_blank(c)) || (c == ';' && !quoted);
  }
  return {};
}

// `after` comes `before` bytes into a line, whose beginning is good.
Line append(std::size_t before, const Line& after) { return {after.fault, after.size > 0 ? before + after.size : 0}; }

}  // namespace

RequestLine judge_request_line(std::string_view text, std::size_t target_limit) {
  const std::size_t method = count_leading(token_character, text);
  if (method > longest_method) return {{Refusal::method_too_long, longest_method + 1}, {}, {}, {}};
  if (method == text.size()) return {};
  if (text[method] != ' ' || method == 0)
    return {{fault_after_method(text[method], method == 0), method + 1}, {}, {}, {}};
  RequestLine line;
  line.method = text.substr(0, method);
  const std::string_view after_method = text.substr(method + 1);
  const Line target = judge_target(after_method, target_limit);
  const std::size_t taken = target.fault == Refusal::none && target.size == 0 ? after_method.size() : target.size - 1;
  line.target = after_method.substr(0, taken);
  static_cast<Line&>(line) = append(method + 1, target);
  if (target.fault != Refusal::none || target.size == 0) return line;
  const std::string_view after_target = after_method.substr(target.size);
  const Line version = judge_version(after_target);
  static_cast<Line&>(line) = append(method + 1 + target.size, version);
  const bool is_whole = version.size > version_size && line.fault != Refusal::bad_version;
  if (is_whole) line.version = after_target.substr(0, version_size);
  if (line.fault == Refusal::no_minor_version) line.version = after_target.substr(0, version.size - 1);
  if (line.fault == Refusal::version_unsupported && line.method == "PRI") line.fault = Refusal::http_2_preface;
  return line;
}

Line judge_field_line(std::string_view text) {
  const std::size_t name = count_leading(token_character, text);
  if (name == text.size()) return {};
  if (name == 0 && text.front() == '\r') return end_line(text, 0, Refusal::bare_cr);
  if (name == 0 || text[name] != ':') return {fault_after_name(text[name], name == 0), name + 1};
  return end_line(text, name + 1 + count_field_value(text.substr(name + 1)), Refusal::bad_field_value);
}

ChunkSizeLine judge_chunk_size_line(std::string_view text) {
  ChunkSizeLine line;
  const auto with = [&line](const Line& judged) {
    static_cast<Line&>(line) = judged;
    return line;
  };
  for (; line.digits < text.size() && is(hex_character, text[line.digits]); ++line.digits) {
    const bool overflows = line.chunk_bytes >> 60 != 0 || line.digits == most_size_digits;
    if (overflows) return with({Refusal::chunk_size_overflow, line.digits + 1});
    line.chunk_bytes = line.chunk_bytes << 4 | hex_value(text[line.digits]);
  }
  std::size_t at = line.digits;
  while (line.digits > 0 && at < text.size() && is_blank(text[at])) ++at;
  if (at == text.size()) return line;
  if (line.digits > 0 && text[at] == ';') return with(append(at, judge_extensions(text.substr(at))));
  if (line.digits > 0 && at == line.digits) return with(end_line(text, at, Refusal::bad_chunk_size));
  return with({text[at] == '\n' ? Refusal::bare_lf : Refusal::bad_chunk_size, at + 1});
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
