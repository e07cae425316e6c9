#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "closelab/message.h"
#include "http/characters.h"
#include "http/refusal.h"

namespace closelab::http {

// Byte-level rules of single lines. Each line type takes one byte at a time with `step` and says at once
// which byte makes the line impossible, so that the answer can't depend on how the bytes arrive. `take_whole` is
// the fast way through an ordinary line of which no byte has been taken yet, at a third of the instructions: it takes
// the line, as `step` would, if it is there to its end, else nothing. All are stricter than RFC 9112 requires and than
// some versions of llhttp are: what two recipients could read in two ways (§11.2, request smuggling) is refused.

/// `GET /path HTTP/1.1` CRLF (RFC 9112 §3).
class RequestLine {
 public:
  explicit RequestLine(std::size_t target_limit) : target_limit_(target_limit) {}

  Refusal step(char c);
  std::size_t take_whole(std::string_view bytes);
  bool at_start() const { return part_ == Part::method && method_bytes_ == 0; }
  bool complete() const { return part_ == Part::complete; }
  bool in_target() const { return part_ == Part::target; }
  /// The method has been taken, the target perhaps in part.
  bool has_method() const { return part_ != Part::method; }

  /// Both are parts of the line's text, which the caller keeps.
  std::string_view method(std::string_view line) const { return line.substr(0, method_bytes_); }
  std::string_view target(std::string_view line) const { return line.substr(method_bytes_ + 1, target_bytes_); }

 private:
  enum class Part : std::uint8_t { method, target, version, line_feed, complete };
  Refusal step_method(char c);
  Refusal step_target(char c);
  Refusal step_version(char c);
  Refusal step_line_feed(char c);

  std::size_t target_limit_;
  std::size_t method_bytes_ = 0;
  std::size_t target_bytes_ = 0;
  std::size_t version_bytes_ = 0;
  char major_ = '0';
  Part part_ = Part::method;
};

/// `Name: value` CRLF, or the empty line that ends a head or trailer section (RFC 9112 §5).
class FieldLine {
 public:
  Refusal step(char c);
  std::size_t take_whole(std::string_view bytes);
  bool at_start() const { return part_ == Part::start; }
  bool complete() const { return part_ == Part::complete; }
  /// The line is CRLF alone; known from its first byte on.
  bool empty() const { return part_ >= Part::line_feed && name_bytes_ == 0; }

 private:
  enum class Part : std::uint8_t { start, name, value, line_feed, complete };
  Refusal step_start(char c);
  Refusal step_name(char c);
  Refusal step_value(char c);

  std::size_t name_bytes_ = 0;
  Part part_ = Part::start;
};

// In the header because it is most of the work on a request: inlined, it costs a third less.
inline std::size_t FieldLine::take_whole(std::string_view bytes) {
  constexpr std::string_view line_end = "\r\n";
  const std::size_t name = count_leading(token_character, bytes);
  std::size_t end = name;
  if (name > 0) {
    if (name == bytes.size() || bytes[name] != ':') return 0;
    end += 1 + count_leading_text(bytes.substr(name + 1));
  }
  if (!bytes.substr(end).starts_with(line_end)) return 0;
  name_bytes_ = name;
  part_ = Part::complete;
  return end + line_end.size();
}

/// `1a` CRLF or `1a;extension` CRLF (RFC 9112 §7.1). Extensions are looked at only for bytes that no line
/// may hold.
class ChunkSizeLine {
 public:
  Refusal step(char c);
  bool complete() const { return part_ == Part::complete; }

  std::uint64_t size() const { return size_; }
  /// The last byte taken belongs to neither the digits nor the line end.
  bool in_extension() const { return part_ == Part::space || part_ == Part::extension; }

 private:
  enum class Part : std::uint8_t { size, space, extension, line_feed, complete };
  Refusal step_size(char c);
  Refusal step_space(char c);
  Refusal step_extension(char c);

  unsigned digits_ = 0;
  std::uint64_t size_ = 0;
  Part part_ = Part::size;
};

/// Is the method one that we know, and has the target a form that goes with it (RFC 9112 §3.2)? The methods are
/// those of RFC 9110 §9 and PATCH, without CONNECT, which is for proxies, and TRACE, which a handler can't answer.
Refusal check_request_line(std::string_view method, std::string_view target);

struct TargetParts {
  std::string_view path;
  std::string_view query;
};

/// Path and query of a target that check_request_line accepted.
TargetParts split_target(std::string_view target);

}  // namespace closelab::http
