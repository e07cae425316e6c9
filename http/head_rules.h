#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "closelab/message.h"
#include "http/refusal.h"

namespace closelab::http {

// Byte-level rules of single lines. Each is given a text that begins with the line and may end before it does, and says
// at once which byte makes the line impossible, so that the answer can't depend on how the bytes arrive. All are
// stricter than RFC 9112 requires and than some versions of llhttp are: what two recipients could read in two ways
// (§11.2, request smuggling) is refused.

/// What the rules say of a line.
struct Line {
  Refusal fault = Refusal::none;
  /// Bytes up to its end or to the one at fault; 0 while it may yet become a good line.
  std::size_t size = 0;
};

/// `GET /path HTTP/1.1` CRLF (RFC 9112 §3), with its parts as far as they are there; the target perhaps not whole.
struct RequestLine : Line {
  std::string_view method;
  std::string_view target;
  /// `HTTP/1.1`, or another one; `HTTP/2` where that is the fault.
  std::string_view version;
};

RequestLine judge_request_line(std::string_view text, std::size_t target_limit);

/// `Name: value` CRLF, or the empty line that ends a head or trailer section, which is 2 bytes long (RFC 9112 §5).
Line judge_field_line(std::string_view text);

/// `1a` CRLF or `1a;name=value` CRLF (RFC 9112 §7.1).
struct ChunkSizeLine : Line {
  std::uint64_t chunk_bytes = 0;
  std::size_t digits = 0;
};

/// Extensions are looked at only for an empty name, and for bytes that no line may hold.
ChunkSizeLine judge_chunk_size_line(std::string_view text);

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
