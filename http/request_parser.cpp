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
  /// A whole head. False when llhttp refuses it or sees its end elsewhere; then there is no message.
  bool take_head(std::string_view head);
  /// What is known of a head before, or instead of, take_head.
  void preview(std::string_view method, std::string_view target);
  /// After take_head: its body follows.
  void expect_body(const HeadMeaning& meaning);
  /// Bytes of the body and of its framing, none beyond its end. False when llhttp refuses them.
  bool take_body(std::string_view bytes) { return execute(bytes) == HPE_OK; }
  void clear();

  /// Views into the head that was given, and into the body once that is complete.
  const RequestMessage& message() const { return message_; }
  std::uint64_t body_received() const { return body_.size(); }
  bool complete() const { return complete_; }

 private:
  static const llhttp_settings_t& settings();
  static MessageDecoder& self(llhttp_t* parser) { return *static_cast<MessageDecoder*>(parser->data); }
  template <auto callback>
  static int span(llhttp_t* parser, const char* data, std::size_t size);
  template <auto callback>
  static int event(llhttp_t* parser);
  llhttp_errno_t execute(std::string_view bytes) { return llhttp_execute(&parser_, bytes.data(), bytes.size()); }

  // A head is given in one piece, so each of its spans comes in one piece.
  void on_method(std::string_view text) { message_.method = text; }
  void on_target(std::string_view text) { message_.target = text; }
  void on_field_name(std::string_view text) { message_.fields.push_back({text, {}}); }
  void on_field_value(std::string_view text) { message_.fields.back().value = trim(text); }
  void on_body(std::string_view data) { body_.append(data); }
  int on_field_name_complete();
  int on_head_complete() { return HPE_PAUSED; }
  int on_message_complete();

  llhttp_t parser_{};
  RequestMessage message_;
  std::string body_;
  bool complete_ = false;
};

bool MessageDecoder::take_head(std::string_view head) {
  llhttp_init(&parser_, HTTP_REQUEST, &settings());
  parser_.data = this;
  const bool paused = execute(head) == HPE_PAUSED;
  if (!paused || llhttp_get_error_pos(&parser_) != head.data() + head.size()) return false;
  message_.version = parser_.http_minor == 0 ? Version::http_1_0 : Version::http_1_1;
  const TargetParts parts = split_target(message_.target);
  message_.path = parts.path;
  message_.query = parts.query;
  return true;
}

void MessageDecoder::preview(std::string_view method, std::string_view target) {
  message_.method = method;
  message_.target = target;
}

void MessageDecoder::expect_body(const HeadMeaning& meaning) {
  parser_.flags = meaning.framing == BodyFraming::chunked ? F_CHUNKED : F_CONTENT_LENGTH;
  parser_.content_length = meaning.content_length;
  llhttp_resume(&parser_);
}

void MessageDecoder::clear() {
  std::vector<FieldView> fields = std::move(message_.fields);
  fields.clear();
  message_ = {};
  message_.fields = std::move(fields);
  body_.clear();
  if (body_.capacity() > body_bytes_kept) body_.shrink_to_fit();
  complete_ = false;
}

// llhttp has looked the name up and will look at header_state next; 0 is a field that means nothing to it.
int MessageDecoder::on_field_name_complete() {
  parser_.header_state = 0;
  return HPE_OK;
}

int MessageDecoder::on_message_complete() {
  message_.body = body_;
  complete_ = true;
  return HPE_OK;
}

template <auto callback>
int MessageDecoder::span(llhttp_t* parser, const char* data, std::size_t size) {
  (self(parser).*callback)({data, size});
  return HPE_OK;
}

template <auto callback>
int MessageDecoder::event(llhttp_t* parser) {
  return (self(parser).*callback)();
}

const llhttp_settings_t& MessageDecoder::settings() {
  static const llhttp_settings_t settings = [] {
    llhttp_settings_t made;
    llhttp_settings_init(&made);
    made.on_method = span<&MessageDecoder::on_method>;
    made.on_url = span<&MessageDecoder::on_target>;
    made.on_header_field = span<&MessageDecoder::on_field_name>;
    made.on_header_field_complete = event<&MessageDecoder::on_field_name_complete>;
    made.on_header_value = span<&MessageDecoder::on_field_value>;
    made.on_headers_complete = event<&MessageDecoder::on_head_complete>;
    made.on_body = span<&MessageDecoder::on_body>;
    made.on_message_complete = event<&MessageDecoder::on_message_complete>;
    return made;
  }();
  return settings;
}

RequestParser::RequestParser(const HttpLimits& limits)
    : limits_(limits), head_(limits), body_(limits), decoder_(std::make_unique<MessageDecoder>()) {}

RequestParser::~RequestParser() = default;

RequestParser::Step RequestParser::feed(std::string_view bytes) {
  assert(phase_ == Phase::head || phase_ == Phase::body);
  return phase_ == Phase::head ? feed_head(bytes) : feed_body(bytes);
}

void RequestParser::reset() {
  phase_ = Phase::head;
  head_.reset();
  decoder_->clear();
  meaning_ = {};
  error_ = {};
}

const RequestMessage& RequestParser::message() const { return decoder_->message(); }

std::uint64_t RequestParser::body_received() const { return decoder_->body_received(); }

std::optional<std::uint64_t> RequestParser::body_remaining() const {
  if (framing() == BodyFraming::chunked && phase_ != Phase::complete) return std::nullopt;
  return framing() == BodyFraming::content_length ? meaning_.content_length - body_received() : 0;
}

bool RequestParser::expects_continue() const {
  return phase_ == Phase::body && meaning_.expectation == Expectation::continue_100;
}

RequestParser::Step RequestParser::feed_head(std::string_view bytes) {
  const std::size_t consumed = head_.feed(bytes);
  decoder_->preview(head_.method(), head_.target());
  if (head_.error().fault != Fault::none) return fail(head_.error(), consumed);
  if (!head_.complete()) return {Event::need_more, consumed};
  if (!decoder_->take_head(head_.text())) return fail(error_in(Fault::malformed, {}), consumed);
  meaning_ = interpret_head(message(), limits_);
  if (meaning_.fault != Fault::none) return fail(error_in(meaning_.fault, meaning_.culprit), consumed);
  phase_ = has_body() ? Phase::body : Phase::complete;
  if (phase_ == Phase::complete) return {Event::message, consumed};
  decoder_->expect_body(meaning_);
  body_.start(meaning_, head_.bytes_taken());
  return {Event::head, consumed};
}

RequestParser::Step RequestParser::feed_body(std::string_view bytes) {
  std::size_t consumed = 0;
  while (consumed < bytes.size() && !decoder_->complete()) {
    const std::string_view piece = body_.take(bytes.substr(consumed));
    consumed += piece.size();
    if (body_.error().fault != Fault::none) return fail(body_.error(), consumed);
    if (body_.is_needed() && !decoder_->take_body(piece)) return fail(error_in(Fault::malformed, {}), consumed);
  }
  if (!decoder_->complete()) return {Event::need_more, consumed};
  phase_ = Phase::complete;
  return {Event::message, consumed};
}

RequestParser::Step RequestParser::fail(ParseError error, std::size_t consumed) {
  phase_ = Phase::failed;
  error_ = std::move(error);
  return {Event::error, consumed};
}

}  // namespace closelab::http
