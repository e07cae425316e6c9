#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/lab/audit/passage.h"

namespace closelab::lab {

/// Reads one answer as RFC 9112 section 6.3 says, in whatever pieces it comes; interim answers are passed over. Nothing
/// of the body is kept.
class AnswerReader {
 public:
  enum class Content : std::uint8_t { by_head, none };

  /// The answer to HEAD has no content, whatever its head says.
  explicit AnswerReader(Content content) : content_(content) {}

  void add(std::string_view bytes);
  /// The FIN has come, which ends a body without a length.
  void add_end();

  Extent extent() const;
  /// The final answer's; 0 while its head is not whole.
  int status() const { return status_; }
  std::uint64_t bytes() const { return bytes_; }
  /// Whether another request may follow on its connection (RFC 9112 section 9.3).
  bool keeps_connection() const;

 private:
  /// What the next byte belongs to.
  enum class Part : std::uint8_t { head, body, body_to_end, chunk_size, chunk, chunk_end, trailer, complete };

  std::size_t take(std::string_view bytes);
  std::size_t take_line(std::string_view bytes);
  std::size_t take_body(std::string_view bytes);
  void end_line();
  void end_head();
  void note_field(std::string_view line);
  void begin_body();

  Content content_;
  Part part_ = Part::head;
  std::string line_;
  /// What the head that is being read says.
  int said_status_ = 0;
  bool is_chunked_ = false;
  bool has_length_ = false;
  bool says_close_ = false;
  std::uint64_t left_ = 0;
  int status_ = 0;
  std::uint64_t bytes_ = 0;
  bool has_begun_ = false;
  /// Bytes after the answer, or none.
  bool has_surplus_ = false;
  bool ends_with_connection_ = false;
};

}  // namespace closelab::lab
