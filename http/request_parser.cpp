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

// A pooled parser keeps the memory of ordinary bodies only.
constexpr std::size_t body_bytes_kept = 64 * 1024;

}  // namespace

// llhttp, which takes a request apart. It sees bytes only after our own rules took them, and says where things are,
// not what they mean. What Content-Length, Transfer-Encoding, Connection and Upgrade mean to it differs between its
// releases (8.1 refuses a tab behind a Content-Length, 9 an empty Transfer-Encoding), so it takes them for ordinary
// fields, and is told how the body is framed when interpret_head has decided that.
class MessageDecoder {
 public:
  explicit MessageDecoder(RequestMessage& message) : message_(message) {}

  /// A whole head. False when llhttp refuses it or sees its end elsewhere.
  bool take_head(std::string_view head);
  /// After take_head: its body follows.
  void expect_body(const HeadMeaning& meaning);
  /// Bytes of the body and of its framing, none beyond its end. False when llhttp refuses them.
  bool take_body(std::string_view bytes) { return execute(bytes) == HPE_OK; }
  void clear();

  /// What has been taken.
  std::string_view body() const { return body_; }
  bool complete() const { return complete_; }

 private:
  static const llhttp_settings_t& settings();
  static MessageDecoder& self(llhttp_t* parser) { return *static_cast<MessageDecoder*>(parser->data); }
  llhttp_errno_t execute(std::string_view bytes) { return llhttp_execute(&parser_, bytes.data(), bytes.size()); }

  // A head is given in one piece, so each of its spans comes in one piece.
  static int on_target(llhttp_t* parser, const char* data, std::size_t size);
  static int on_field_name(llhttp_t* parser, const char* data, std::size_t size);
  static int on_field_name_complete(llhttp_t* parser);
  static int on_field_value(llhttp_t* parser, const char* data, std::size_t size);
  static int on_head_complete(llhttp_t*) { return HPE_PAUSED; }
  static int on_body(llhttp_t* parser, const char* data, std::size_t size);
  static int on_message_complete(llhttp_t* parser);

  llhttp_t parser_{};
  RequestMessage& message_;
  std::string body_;
  bool complete_ = false;
};

bool MessageDecoder::take_head(std::string_view head) {
  static const llhttp_t fresh = [] {
    llhttp_t parser;
    llhttp_init(&parser, HTTP_REQUEST, &settings());
    return parser;
  }();
  parser_ = fresh;
  parser_.data = this;
  if (execute(head) != HPE_PAUSED || llhttp_get_error_pos(&parser_) != head.data() + head.size()) return false;
  message_.version = parser_.http_minor == 0 ? Version::http_1_0 : Version::http_1_1;
  return true;
}

void MessageDecoder::expect_body(const HeadMeaning& meaning) {
  parser_.flags = meaning.framing == BodyFraming::chunked ? F_CHUNKED : F_CONTENT_LENGTH;
  parser_.content_length = meaning.content_length;
  llhttp_resume(&parser_);
}

void MessageDecoder::clear() {
  body_.clear();
  if (body_.capacity() > body_bytes_kept) body_.shrink_to_fit();
  complete_ = false;
}

int MessageDecoder::on_target(llhttp_t* parser, const char* data, std::size_t size) {
  self(parser).message_.target = {data, size};
  return HPE_OK;
}

int MessageDecoder::on_field_name(llhttp_t* parser, const char* data, std::size_t size) {
  self(parser).message_.fields.push_back({{data, size}, {}});
  return HPE_OK;
}

// llhttp has looked the name up and will look at header_state next; 0 is a field that means nothing to it.
int MessageDecoder::on_field_name_complete(llhttp_t* parser) {
  parser->header_state = 0;
  return HPE_OK;
}

int MessageDecoder::on_field_value(llhttp_t* parser, const char* data, std::size_t size) {
  self(parser).message_.fields.back().value = trim({data, size});
  return HPE_OK;
}

int MessageDecoder::on_body(llhttp_t* parser, const char* data, std::size_t size) {
  self(parser).body_.append(data, size);
  return HPE_OK;
}

int MessageDecoder::on_message_complete(llhttp_t* parser) {
  self(parser).complete_ = true;
  return HPE_OK;
}

const llhttp_settings_t& MessageDecoder::settings() {
  static const llhttp_settings_t settings = [] {
    llhttp_settings_t made;
    llhttp_settings_init(&made);
    made.on_url = on_target;
    made.on_header_field = on_field_name;
    made.on_header_field_complete = on_field_name_complete;
    made.on_header_value = on_field_value;
    made.on_headers_complete = on_head_complete;
    made.on_body = on_body;
    made.on_message_complete = on_message_complete;
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
      decoder_(std::make_unique<MessageDecoder>(message)) {}

RequestParser::~RequestParser() = default;

RequestParser::Step RequestParser::feed(std::string_view bytes) {
  assert(phase_ == Phase::head || phase_ == Phase::body);
  return phase_ == Phase::head ? feed_head(bytes) : feed_body(bytes);
}

void RequestParser::reset() {
  if (head_.bytes_taken() == 0) return;
  clear_message();
  head_.reset();
  decoder_->clear();
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

std::uint64_t RequestParser::body_received() const { return decoder_->body().size(); }

std::optional<std::uint64_t> RequestParser::body_remaining() const {
  if (framing() == BodyFraming::chunked && phase_ != Phase::complete) return std::nullopt;
  return framing() == BodyFraming::content_length ? meaning_.content_length - body_received() : 0;
}

bool RequestParser::expects_continue() const {
  return phase_ == Phase::body && meaning_.expectation == Expectation::continue_100;
}

RequestParser::Step RequestParser::feed_head(std::string_view bytes) {
  const std::size_t consumed = head_.feed(bytes);
  message_.method = head_.method();
  message_.target = head_.target();
  if (head_.error().fault != Refusal::none) return fail(head_.error(), consumed);
  if (!head_.complete()) return {Event::need_more, consumed};
  if (!decoder_->take_head(head_.text())) return fail(error_in(Refusal::malformed, {}), consumed);
  complete_head();
  if (meaning_.fault != Refusal::none) return fail(error_in(meaning_.fault, meaning_.culprit), consumed);
  phase_ = has_body() ? Phase::body : Phase::complete;
  if (phase_ == Phase::complete) return {Event::message, consumed};
  decoder_->expect_body(meaning_);
  body_.start(meaning_, head_.bytes_taken());
  return {Event::head, consumed};
}

void RequestParser::complete_head() {
  const TargetParts parts = split_target(message_.target);
  message_.path = parts.path;
  message_.query = parts.query;
  meaning_ = interpret_head(message_, limits_);
}

RequestParser::Step RequestParser::feed_body(std::string_view bytes) {
  std::size_t consumed = 0;
  while (consumed < bytes.size() && !decoder_->complete()) {
    const std::string_view piece = body_.take(bytes.substr(consumed));
    consumed += piece.size();
    if (body_.error().fault != Refusal::none) return fail(body_.error(), consumed);
    if (body_.is_needed() && !decoder_->take_body(piece)) return fail(error_in(Refusal::malformed, {}), consumed);
  }
  if (!decoder_->complete()) return {Event::need_more, consumed};
  phase_ = Phase::complete;
  message_.body = decoder_->body();
  return {Event::message, consumed};
}

RequestParser::Step RequestParser::fail(ParseError error, std::size_t consumed) {
  phase_ = Phase::failed;
  error_ = std::move(error);
  return {Event::error, consumed};
}

}  // namespace closelab::http
