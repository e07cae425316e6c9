#include "http/request_rules.h"

#include <optional>

#include "http/characters.h"
#include "http/host.h"

namespace closelab::http {
namespace {

template <typename Visit>
void for_each_field(const RequestMessage& head, std::string_view name, Visit visit) {
  for (const FieldView& field : head.fields) {
    if (equals_ignoring_case(field.name, name)) visit(field.value);
  }
}

void refuse(HeadMeaning& meaning, Fault fault, std::string_view culprit = {}) {
  if (meaning.fault != Fault::none) return;
  meaning.fault = fault;
  meaning.culprit = culprit;
}

// RFC 9112 §3.2. HTTP/1.0 may leave Host out, but not give a wrong or a second one.
void read_host(HeadMeaning& meaning, const RequestMessage& head) {
  std::size_t count = 0;
  for_each_field(head, "host", [&](std::string_view value) {
    if (++count > 1) refuse(meaning, Fault::repeated_host, value);
    if (!is_host(value)) refuse(meaning, Fault::bad_host, value);
  });
  if (count == 0 && head.version == Version::http_1_1) refuse(meaning, Fault::no_host);
}

// RFC 9112 §6.3 rule 5. Repeated equal values may be accepted; a client that sends them is broken or hostile,
// so they are not.
void read_content_length(HeadMeaning& meaning, const RequestMessage& head) {
  for_each_field(head, "content-length", [&](std::string_view value) {
    if (meaning.framing == BodyFraming::content_length) refuse(meaning, Fault::repeated_content_length, value);
    const auto length = parse_decimal<std::uint64_t>(value);
    if (!length) refuse(meaning, Fault::bad_content_length, value);
    meaning.framing = BodyFraming::content_length;
    meaning.content_length = length.value_or(0);
  });
}

struct Codings {
  std::size_t count = 0;
  std::size_t chunked = 0;
  std::string_view last;
  std::string_view unknown;
};

Codings collect_codings(const RequestMessage& head) {
  Codings codings;
  for_each_field(head, "transfer-encoding", [&codings](std::string_view value) {
    for_each_element(value, [&codings](std::string_view coding) {
      ++codings.count;
      codings.last = coding;
      if (equals_ignoring_case(coding, "chunked")) {
        ++codings.chunked;
      } else if (codings.unknown.empty()) {
        codings.unknown = coding;
      }
    });
  });
  return codings;
}

// RFC 9112 §6.1 and §6.3 rules 3 and 4.
void read_transfer_encoding(HeadMeaning& meaning, const RequestMessage& head) {
  const auto field = head.field("transfer-encoding");
  if (!field) return;
  if (meaning.framing == BodyFraming::content_length) refuse(meaning, Fault::length_and_coding);
  if (head.version == Version::http_1_0) refuse(meaning, Fault::coding_on_http_1_0, *field);
  const Codings codings = collect_codings(head);
  if (codings.chunked > 1) refuse(meaning, Fault::coding_after_chunked, codings.last);
  if (!equals_ignoring_case(codings.last, "chunked")) {
    refuse(meaning, codings.chunked > 0 ? Fault::coding_after_chunked : Fault::coding_not_chunked, codings.last);
  }
  if (!codings.unknown.empty()) refuse(meaning, Fault::coding_unknown, codings.unknown);
  meaning.framing = BodyFraming::chunked;
}

void read_expectation(HeadMeaning& meaning, const RequestMessage& head) {
  if (head.version == Version::http_1_0) return;
  for_each_field(head, "expect", [&meaning](std::string_view value) {
    for_each_element(value, [&meaning](std::string_view expectation) {
      if (!equals_ignoring_case(expectation, "100-continue")) {
        refuse(meaning, Fault::expectation_unknown, expectation);
      }
      meaning.expectation = Expectation::continue_100;
    });
  });
}

}  // namespace

HeadMeaning interpret_head(const RequestMessage& head, const HttpLimits& limits) {
  HeadMeaning meaning;
  read_host(meaning, head);
  read_content_length(meaning, head);
  read_transfer_encoding(meaning, head);
  read_expectation(meaning, head);
  if (meaning.content_length > limits.body_bytes) refuse(meaning, Fault::body_too_large);
  return meaning;
}

}  // namespace closelab::http
