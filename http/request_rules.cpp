#include "http/request_rules.h"

#include <optional>

#include "http/characters.h"
#include "http/host.h"
#include "http/known_field.h"

namespace closelab::http {
namespace {

// Reads the fields one by one, and judges each topic on its own: the order of the fields doesn't decide which of
// several objections counts.
class HeadInterpreter {
 public:
  explicit HeadInterpreter(Version version) : version_(version) {}

  void take(const FieldView& field);
  HeadMeaning finish(const HttpLimits& limits);

 private:
  /// When several object, the first of these counts; of one's objections the first.
  enum class Topic : std::uint8_t { host, content_length, transfer_encoding, expectation, body_size };
  void object(Topic topic, Refusal fault, std::string_view culprit = {});
  void take_host(std::string_view value);
  void take_content_length(std::string_view value);
  void take_transfer_encoding(std::string_view value);
  void take_expectation(std::string_view value);
  void judge_codings();

  Version version_;
  HeadMeaning meaning_;
  Topic objector_{};
  bool has_host_ = false;
  std::optional<std::string_view> codings_;
  std::size_t chunked_ = 0;
  std::string_view last_coding_;
  std::string_view unknown_coding_;
};

void HeadInterpreter::take(const FieldView& field) {
  switch (known_field(field.name)) {
    case KnownField::host:
      return take_host(field.value);
    case KnownField::content_length:
      return take_content_length(field.value);
    case KnownField::transfer_encoding:
      return take_transfer_encoding(field.value);
    case KnownField::expect:
      return take_expectation(field.value);
    case KnownField::connection:
      return collect_connection_options(meaning_.connection, field.value);
    default:
      return;
  }
}

void HeadInterpreter::object(Topic topic, Refusal fault, std::string_view culprit) {
  if (meaning_.fault != Refusal::none && objector_ <= topic) return;
  objector_ = topic;
  meaning_.fault = fault;
  meaning_.culprit = culprit;
}

// RFC 9112 §3.2. HTTP/1.0 may leave Host out, but not give a wrong or a second one.
void HeadInterpreter::take_host(std::string_view value) {
  if (has_host_) object(Topic::host, Refusal::repeated_host, value);
  has_host_ = true;
  if (!is_host(value)) object(Topic::host, Refusal::bad_host, value);
}

// RFC 9112 §6.3 rule 5. Repeated equal values may be accepted; a client that sends them is broken or hostile,
// so they are not.
void HeadInterpreter::take_content_length(std::string_view value) {
  if (meaning_.framing == BodyFraming::content_length)
    object(Topic::content_length, Refusal::repeated_content_length, value);
  const auto length = parse_decimal<std::uint64_t>(value);
  if (!length) object(Topic::content_length, Refusal::bad_content_length, value);
  meaning_.framing = BodyFraming::content_length;
  meaning_.content_length = length.value_or(0);
}

void HeadInterpreter::take_transfer_encoding(std::string_view value) {
  if (!codings_) codings_ = value;
  for_each_element(value, [this](std::string_view coding) {
    last_coding_ = coding;
    if (equals_ignoring_case(coding, "chunked")) {
      ++chunked_;
    } else if (unknown_coding_.empty()) {
      unknown_coding_ = coding;
    }
  });
}

// RFC 9112 §6.1 and §6.3 rules 3 and 4.
void HeadInterpreter::judge_codings() {
  const auto refuse = [this](Refusal fault, std::string_view culprit = {}) {
    object(Topic::transfer_encoding, fault, culprit);
  };
  if (meaning_.framing == BodyFraming::content_length) refuse(Refusal::length_and_coding);
  if (version_ == Version::http_1_0) refuse(Refusal::coding_on_http_1_0, *codings_);
  if (chunked_ > 1) refuse(Refusal::coding_after_chunked, last_coding_);
  if (!equals_ignoring_case(last_coding_, "chunked")) {
    refuse(chunked_ > 0 ? Refusal::coding_after_chunked : Refusal::coding_not_chunked, last_coding_);
  }
  if (!unknown_coding_.empty()) refuse(Refusal::coding_unknown, unknown_coding_);
  meaning_.framing = BodyFraming::chunked;
}

void HeadInterpreter::take_expectation(std::string_view value) {
  if (version_ == Version::http_1_0) return;
  for_each_element(value, [this](std::string_view expectation) {
    if (!equals_ignoring_case(expectation, "100-continue")) {
      object(Topic::expectation, Refusal::expectation_unknown, expectation);
    }
    meaning_.expectation = Expectation::continue_100;
  });
}

HeadMeaning HeadInterpreter::finish(const HttpLimits& limits) {
  if (!has_host_ && version_ == Version::http_1_1) object(Topic::host, Refusal::no_host);
  if (codings_) judge_codings();
  if (meaning_.content_length > limits.body_bytes) object(Topic::body_size, Refusal::body_too_large);
  return meaning_;
}

}  // namespace

HeadMeaning interpret_head(const RequestMessage& head, const HttpLimits& limits) {
  HeadInterpreter interpreter(head.version);
  for (const FieldView& field : head.fields) interpreter.take(field);
  return interpreter.finish(limits);
}

}  // namespace closelab::http
