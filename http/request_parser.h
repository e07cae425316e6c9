#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "closelab/message.h"
#include "http/body_reader.h"
#include "http/connection_tokens.h"
#include "http/head_reader.h"
#include "http/refusal.h"
#include "http/request_rules.h"

namespace closelab::http {

class HeadDecoder;

/// Where a message ends that has not been read to its end.
struct MessageRest {
  enum class End : std::uint8_t {
    counted,     ///< after so many bytes
    empty_line,  ///< not before an empty line, which ends a head and a body in chunks
    unknown,     ///< a malformed head or chunk leaves it open
  } end = End::counted;
  std::uint64_t bytes = 0;

  friend bool operator==(const MessageRest&, const MessageRest&) = default;
};

/// Reads requests from a byte stream, one after the other. The answer depends on the bytes alone, not on
/// how they are split over calls of feed(): our own rules judge each line, and llhttp takes the finished head apart,
/// once. Meant to be pooled: reset() keeps the memory, so that a parser in use for a while allocates nothing.
class RequestParser {
 public:
  /// The message is kept by the parser, or by the caller for as long as the parser lives.
  explicit RequestParser(const HttpLimits& limits);
  RequestParser(const HttpLimits& limits, RequestMessage& message);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  enum class Event : std::uint8_t {
    need_more,  ///< all bytes were taken and the message is not complete
    head,       ///< the head is complete and a body follows
    message,    ///< the message is complete; bytes after it belong to the next one and were not taken
    error,      ///< the request is refused; no byte can follow
  };
  struct Step {
    Event event;
    /// Bytes taken; with an error, up to the byte that showed it.
    std::size_t consumed;
  };

  /// Takes bytes up to the next event. After `message` and `error` the parser must be reset() first.
  Step feed(std::string_view bytes);

  /// Ready for the next message; views into the last one end. The memory of a body over 64 KiB is given back.
  void reset();

  /// A byte of a request has been taken; empty lines before a request don't count.
  bool started() const { return head_.started(); }
  /// After `head` all but the body, after `message` complete. Before, and of a request that was refused, what is known
  /// of method and target: an error in answer to HEAD has no body either. Views into the parser's own storage.
  const RequestMessage& message() const { return message_; }
  /// What the request line said, also of a request that was refused for it; nothing before that is known.
  VersionNumber version_said() const { return version_said_; }
  BodyFraming framing() const { return meaning_.framing; }
  /// Body bytes taken, without the framing of chunks.
  std::uint64_t body_received() const { return body_.data().size(); }
  /// What is kept of the message, in bytes of memory.
  std::uint64_t memory() const { return head_.text().size() + body_.memory(); }
  /// Body bytes to come; nullopt for chunks until the message is complete.
  std::optional<std::uint64_t> body_remaining() const;
  /// What still belongs to the message.
  MessageRest rest() const;
  /// After an error: the head is complete, and right in everything but that it promises too long a body.
  bool refuses_length() const { return meaning_.fault == Refusal::body_too_large; }
  /// The client may be waiting for 100 (Continue) before it sends the body (RFC 9110 §10.1.1).
  bool expects_continue() const;
  /// After `head` or `message`.
  const ConnectionTokens& connection_tokens() const { return meaning_.connection; }
  const ParseError& error() const { return error_; }

 private:
  enum class Phase : std::uint8_t { head, body, complete, failed };
  Step feed_head(std::string_view bytes);
  void show_request_line(const RequestLine& line);
  void complete_head();
  Step feed_body(std::string_view bytes);
  /// Something follows the head on the wire; a Content-Length of 0 announces nothing.
  bool has_body() const { return framing() == BodyFraming::chunked || meaning_.content_length > 0; }
  Step fail(ParseError error, std::size_t consumed);
  void clear_message();

  HttpLimits limits_;
  RequestMessage own_message_;
  RequestMessage& message_;
  Phase phase_ = Phase::head;
  HeadReader head_;
  VersionNumber version_said_;
  HeadMeaning meaning_;
  BodyReader body_;
  std::unique_ptr<HeadDecoder> decoder_;
  ParseError error_;
};

}  // namespace closelab::http
