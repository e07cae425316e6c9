#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace closelab::http {

/// Everything that a request is refused for; status and words of each are in one table.
enum class Refusal : std::uint8_t {
  none,
  // line ends
  bare_cr,
  bare_lf,
  too_many_empty_lines,
  // request line
  tls_handshake,
  bad_method,
  method_too_long,
  method_unknown,
  no_target,
  bad_target,
  bad_percent_encoding,
  target_too_long,
  target_form,
  extra_space,
  no_version,
  bad_version,
  no_minor_version,
  version_unsupported,
  http_2_preface,
  // field lines
  folded_line,
  empty_field_name,
  bad_field_name,
  space_before_colon,
  no_colon,
  bad_field_value,
  head_too_large,
  too_many_fields,
  // the whole head
  no_host,
  repeated_host,
  bad_host,
  bad_content_length,  // obscures_end() from here
  repeated_content_length,
  length_and_coding,
  coding_on_http_1_0,
  coding_not_chunked,
  coding_after_chunked,
  coding_unknown,  // to here
  expectation_unknown,
  body_too_large,
  // chunks
  bad_chunk_size,  // and from here
  chunk_size_overflow,
  empty_chunk_extension,
  bad_chunk_extension,
  chunk_overrun,  // to here
  chunk_framing_too_large,
};

/// The status that answers it (RFC 9110 §15, RFC 6585 §5).
int status_of(Refusal fault);

/// A fault of a complete head, or of a chunk, that leaves open where the message ends: what follows must not be taken
/// for a request (RFC 9112 §11.2).
bool obscures_end(Refusal fault);

/// What is wrong, in words, without a status.
std::string_view describe(Refusal fault);

/// A refused request, ready to be told to the client.
struct ParseError {
  Refusal fault = Refusal::none;
  /// 0 when there is no error.
  int status = 0;
  /// One line of printable ASCII: `400: CR without LF: "x" at byte 37`. Bytes are counted from 1 from the end of
  /// the previous message.
  std::string text;
};

/// The fault is in one byte.
ParseError error_at(Refusal fault, char byte, std::uint64_t position);

/// The fault is in a text of the message, which is quoted unless it is empty.
ParseError error_in(Refusal fault, std::string_view culprit);

}  // namespace closelab::http
