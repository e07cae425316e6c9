#include "http/request_parser.h"

#include <llhttp.h>

#include <cassert>
#include <string>
#include <utility>
#include <vector>

#include "http/characters.h"
#include "http/head_rules.h"

namespace closelab::http {
namespace {

// What llhttp refuses in one release or another and we don't: a minor version above 1, a tab after a Content-Length
// (8), an empty Transfer-Encoding (9). Every line has been judged, so that this can't misread it.
void take_apart(std::string_view head, RequestMessage& message) {
  const RequestLine line = judge_request_line(head, head.size());
  message.target = line.target;
  message.version = line.version.back() == '0' ? Version::http_1_0 : Version::http_1_1;
  message.fields.clear();
  for (head.remove_prefix(line.size); !head.starts_with('\r'); head.remove_prefix(head.find('\n') + 1)) {
    const std::size_t colon = head.find(':');
    message.fields.push_back({head.substr(0, colon), trim(head.substr(colon + 1, head.find('\r') - colon - 1))});
  }
}

// Of `HTTP/1.1`.
VersionNumber number_of(std::string_view version) { return {{version[5], version[7]}}; }

}  // namespace

// llhttp, which takes a head apart. It says where things are, not what they mean: our own rules have judged every line
// before, and a body is no matter of llhttp's. What Content-Length, Transfer-Encoding, Connection and Upgrade mean to
// it, and what of them it refuses, differs between its releases.
class HeadDecoder {
 public:
  explicit HeadDecoder(RequestMessage& message);

  /// A whole head, in one piece. False when llhttp refuses it or sees its end elsewhere.
  bool take(std::string_view head);

 private:
  static const llhttp_settings_t& settings();
  static RequestMessage& message(llhttp_t* parser) { return *static_cast<RequestMessage*>(parser->data); }

  /// Copied for each head: a third of what llhttp_reset() costs.
  llhttp_t fresh_;
  llhttp_t parser_;
};

HeadDecoder::HeadDecoder(RequestMessage& message) {
  llhttp_init(&fresh_, HTTP_REQUEST, &settings());
  llhttp_set_lenient_chunked_length(&fresh_, 1);
  llhttp_set_lenient_transfer_encoding(&fresh_, 1);
  fresh_.data = &message;
}

bool HeadDecoder::take(std::string_view head) {
  parser_ = fresh_;
  const bool paused = llhttp_execute(&parser_, head.data(), head.size()) == HPE_PAUSED;
  if (!paused || llhttp_get_error_pos(&parser_) != head.data() + head.size()) return false;
  const bool is_old = llhttp_get_http_minor(&parser_) == 0;
  message(&parser_).version = is_old ? Version::http_1_0 : Version::http_1_1;
  return true;
}

const llhttp_settings_t& HeadDecoder::settings() {
  static const llhttp_settings_t settings = [] {
    llhttp_settings_t made;
    llhttp_settings_init(&made);
    made.on_url = [](llhttp_t* parser, const char* data, std::size_t size) {
      message(parser).target = {data, size};
      return 0;
    };
    made.on_header_field = [](llhttp_t* parser, const char* data, std::size_t size) {
      message(parser).fields.push_back({{data, size}, {}});
      return 0;
    };
    made.on_header_value = [](llhttp_t* parser, const char* data, std::size_t size) {
      message(parser).fields.back().value = trim({data, size});
      return 0;
    };
    made.on_headers_complete = [](llhttp_t*) -> int { return HPE_PAUSED; };
    return made;
  }();
  return settings;
}

RequestParser::RequestParser(const HttpLimits& limits) : RequestParser(limits, own_message_) {}

RequestParser::RequestParser(const HttpLimits& limits, RequestMessage& message)
    : limits_(limits),
      message_(message),
      head_(limits),
      body_(limits),
      decoder_(std::make_unique<HeadDecoder>(message)) {}

RequestParser::~RequestParser() = default;

RequestParser::Step RequestParser::feed(std::string_view bytes) {
  assert(phase_ == Phase::head || phase_ == Phase::body);
  return phase_ == Phase::head ? feed_head(bytes) : feed_body(bytes);
}

void RequestParser::reset() {
  if (head_.bytes_taken() == 0) return;
  clear_message();
  head_.reset();
  if (framing() != BodyFraming::none) body_.reset();
  version_said_ = {};
  meaning_ = {};
  if (phase_ == Phase::failed) error_ = {};
  phase_ = Phase::head;
}

void RequestParser::clear_message() {
  std::vector<FieldView> fields = std::move(message_.fields);
  fields.clear();
  message_ = {};
  message_.fields = std::move(fields);
}

std::optional<std::uint64_t> RequestParser::body_remaining() const {
  if (framing() == BodyFraming::chunked && phase_ != Phase::complete) return std::nullopt;
  return framing() == BodyFraming::content_length ? meaning_.content_length - body_received() : 0;
}

MessageRest RequestParser::rest() const {
  if (obscures_end(meaning_.fault) || obscures_end(body_.error().fault)) return {MessageRest::End::unknown};
  const auto counted = head_.complete() ? body_remaining() : std::nullopt;
  return counted ? MessageRest{MessageRest::End::counted, *counted} : MessageRest{MessageRest::End::empty_line};
}

bool RequestParser::expects_continue() const {
  return (phase_ == Phase::body || refuses_length()) && meaning_.expectation == Expectation::continue_100;
}

RequestParser::Step RequestParser::feed_head(std::string_view bytes) {
  const std::size_t consumed = head_.feed(bytes);
  if (!head_.complete()) {
    show_request_line(head_.request_line());
    return head_.refused() ? fail(head_.error(), consumed) : Step{Event::need_more, consumed};
  }
  complete_head();
  if (meaning_.fault != Refusal::none) return fail(error_in(meaning_.fault, meaning_.culprit), consumed);
  phase_ = has_body() ? Phase::body : Phase::complete;
  if (phase_ == Phase::complete) return {Event::message, consumed};
  body_.start(meaning_, head_.bytes_taken());
  return {Event::head, consumed};
}

/// What is known of a head that is not complete.
void RequestParser::show_request_line(const RequestLine& line) {
  message_.method = line.method;
  message_.target = line.target;
  if (!line.version.empty() && line.fault != Refusal::no_minor_version) version_said_ = number_of(line.version);
}

void RequestParser::complete_head() {
  const std::string_view head = head_.text();
  if (!decoder_->take(head)) take_apart(head, message_);
  message_.method = head.substr(0, static_cast<std::size_t>(message_.target.data() - head.data()) - 1);
  version_said_ = number_of(head.substr(message_.method.size() + message_.target.size() + 2));
  const TargetParts parts = split_target(message_.target);
  message_.path = parts.path;
  message_.query = parts.query;
  meaning_ = interpret_head(message_, limits_);
}

RequestParser::Step RequestParser::feed_body(std::string_view bytes) {
  const std::size_t consumed = body_.feed(bytes);
  if (body_.error().fault != Refusal::none) return fail(body_.error(), consumed);
  if (!body_.complete()) return {Event::need_more, consumed};
  phase_ = Phase::complete;
  message_.body = body_.data();
  return {Event::message, consumed};
}

RequestParser::Step RequestParser::fail(ParseError error, std::size_t consumed) {
  phase_ = Phase::failed;
  error_ = std::move(error);
  return {Event::error, consumed};
}

}  // namespace closelab::http
