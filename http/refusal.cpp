#include "http/refusal.h"

#include <array>

namespace closelab::http {
namespace {

struct RefusalText {
  Refusal fault;
  int status;
  std::string_view words;
};

constexpr auto faults = std::to_array<RefusalText>({
    {Refusal::none, 0, "no fault"},
    {Refusal::bare_cr, 400, "CR without LF"},
    {Refusal::bare_lf, 400, "LF without CR"},
    {Refusal::too_many_empty_lines, 400, "too many empty lines before the request line"},
    {Refusal::tls_handshake, 400, "a TLS handshake, but this port speaks plain HTTP"},
    {Refusal::bad_method, 400, "invalid byte in the method"},
    {Refusal::method_too_long, 501, "the method is longer than any that is implemented"},
    {Refusal::method_unknown, 501, "the method is not implemented"},
    {Refusal::no_target, 400, "the request line has no target"},
    {Refusal::bad_target, 400, "invalid byte in the request target"},
    {Refusal::bad_percent_encoding, 400, "a % without two hexadecimal digits in the request target"},
    {Refusal::target_too_long, 414, "the request target is too long"},
    {Refusal::target_form, 400, "the request target is neither a path nor an http URI"},
    {Refusal::extra_space, 400, "more than one space between the parts of the request line"},
    {Refusal::no_version, 400, "the request line has no HTTP version"},
    {Refusal::bad_version, 400, "invalid byte in the HTTP version"},
    {Refusal::no_minor_version, 400, "the HTTP version has no minor number"},
    {Refusal::version_unsupported, 505, "the major version is not 1"},
    {Refusal::http_2_preface, 505, "an HTTP/2 connection preface, but this port speaks HTTP/1.1"},
    {Refusal::folded_line, 400, "white space at the start of a field line"},
    {Refusal::empty_field_name, 400, "empty field name"},
    {Refusal::bad_field_name, 400, "invalid byte in a field name"},
    {Refusal::space_before_colon, 400, "white space between a field name and its colon"},
    {Refusal::no_colon, 400, "field line without a colon"},
    {Refusal::bad_field_value, 400, "invalid byte in a field value"},
    {Refusal::head_too_large, 431, "the head is too large"},
    {Refusal::too_many_fields, 431, "too many field lines"},
    {Refusal::no_host, 400, "an HTTP/1.1 request needs a Host field"},
    {Refusal::repeated_host, 400, "more than one Host field"},
    {Refusal::bad_host, 400, "the Host field is not a host and port"},
    {Refusal::bad_content_length, 400, "Content-Length is not a number below 2^64"},
    {Refusal::repeated_content_length, 400, "more than one Content-Length field"},
    {Refusal::length_and_coding, 400, "both Content-Length and Transfer-Encoding"},
    {Refusal::coding_on_http_1_0, 400, "HTTP/1.0 has no Transfer-Encoding"},
    {Refusal::coding_not_chunked, 400, "the last transfer coding is not chunked"},
    {Refusal::coding_after_chunked, 400, "chunked is not the last transfer coding"},
    {Refusal::coding_unknown, 501, "the transfer coding is not implemented"},
    {Refusal::expectation_unknown, 417, "the expectation is not 100-continue"},
    {Refusal::body_too_large, 413, "the body is too large"},
    {Refusal::bad_chunk_size, 400, "invalid byte in a chunk size"},
    {Refusal::chunk_size_overflow, 400, "a chunk size of more than 64 bits"},
    {Refusal::empty_chunk_extension, 400, "a chunk extension without a name"},
    {Refusal::bad_chunk_extension, 400, "invalid byte in a chunk extension"},
    {Refusal::chunk_overrun, 400, "chunk data is not followed by CRLF"},
    {Refusal::chunk_framing_too_large, 431, "chunk extensions and trailers are too large"},
});

constexpr bool in_enum_order() {
  for (std::size_t i = 0; i < faults.size(); ++i) {
    if (static_cast<std::size_t>(faults[i].fault) != i) return false;
  }
  return true;
}
static_assert(in_enum_order());

const RefusalText& text_of(Refusal fault) { return faults[static_cast<std::size_t>(fault)]; }

void append_escaped(std::string& text, char c) {
  constexpr std::string_view hex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  if (c == '"' || c == '\\') text += '\\';
  if (byte >= 0x20 && byte < 0x7f) {
    text += c;
  } else {
    text.append("\\x").append(1, hex[byte >> 4]).append(1, hex[byte & 15]);
  }
}

void append_quoted(std::string& text, std::string_view culprit) {
  constexpr std::size_t longest = 60;
  text += '"';
  for (char c : culprit.substr(0, longest)) append_escaped(text, c);
  text += culprit.size() > longest ? "...\"" : "\"";
}

ParseError error_of(Refusal fault) {
  const RefusalText& known = text_of(fault);
  return {fault, known.status, std::string(known.words)};
}

}  // namespace

int status_of(Refusal fault) { return text_of(fault).status; }

std::string_view describe(Refusal fault) { return text_of(fault).words; }

bool obscures_end(Refusal fault) {
  const bool in_head = fault >= Refusal::bad_content_length && fault <= Refusal::coding_unknown;
  return in_head || (fault >= Refusal::bad_chunk_size && fault <= Refusal::chunk_overrun);
}

ParseError error_at(Refusal fault, char byte, std::uint64_t position) {
  ParseError error = error_of(fault);
  error.text += ": ";
  append_quoted(error.text, {&byte, 1});
  error.text.append(" at byte ").append(std::to_string(position));
  return error;
}

ParseError error_in(Refusal fault, std::string_view culprit) {
  ParseError error = error_of(fault);
  if (culprit.empty()) return error;
  error.text += ": ";
  append_quoted(error.text, culprit);
  return error;
}

}  // namespace closelab::http
