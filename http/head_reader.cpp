#include "http/head_reader.h"

#include <algorithm>

namespace closelab::http {
namespace {

// RFC 9112 §2.2 asks for at least one, which some clients send after a body.
constexpr std::size_t empty_lines_allowed = 4;

constexpr std::size_t empty_line_size = 2;

}  // namespace

std::size_t HeadReader::feed(std::string_view bytes) {
  const bool may_skip = head_.empty() && (empty_line_bytes_ > 0 || bytes.starts_with('\r') || bytes.starts_with('\n'));
  const std::size_t skipped = may_skip ? take_empty_lines(bytes) : 0;
  if (refused()) return skipped;
  bytes.remove_prefix(skipped);
  const std::size_t before = head_.size();
  if (before == 0) {
    // Most heads arrive whole; what comes after them in `bytes` is never copied.
    head_.assign(bytes.substr(0, judge(bytes)));
  } else {
    head_.append(bytes.substr(0, limits_.header_bytes - before + 1));
    head_.resize(judge(head_));
  }
  return skipped + head_.size() - before;
}

void HeadReader::reset() {
  head_.clear();
  empty_line_bytes_ = 0;
  lines_ = 0;
  judged_ = 0;
  complete_ = false;
  if (refused()) error_ = {};
}

std::size_t HeadReader::take_empty_lines(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && !refused()) {
    const char c = bytes[taken];
    const bool in_line = empty_line_bytes_ % 2 == 1;
    if (!in_line && c != '\r' && c != '\n') break;
    ++taken;
    ++empty_line_bytes_;
    if (in_line != (c == '\n')) {
      refuse(in_line ? Refusal::bare_cr : Refusal::bare_lf, c);
    } else if (empty_line_bytes_ > 2 * empty_lines_allowed) {
      refuse(Refusal::too_many_empty_lines, c);
    }
  }
  return taken;
}

/// Returns how many bytes of the text belong to the head.
std::size_t HeadReader::judge(std::string_view text) {
  const std::string_view allowed = text.substr(0, limits_.header_bytes);
  if (lines_ == 0) judge_first_line(allowed);
  while (lines_ > 0 && !refused() && judge_next_line(allowed.substr(judged_))) {
  }
  if (complete_ || refused()) return judged_;
  if (text.size() == allowed.size()) return text.size();
  refuse_too_large(allowed, text[allowed.size()]);
  return judged_;
}

void HeadReader::judge_first_line(std::string_view text) {
  const RequestLine line = judge_request_line(text, limits_.target_bytes);
  judged_ = line.size;
  if (line.fault != Refusal::none) {
    error_ = line.version.empty() ? error_at(line.fault, text[line.size - 1], empty_line_bytes_ + line.size)
                                  : error_in(line.fault, line.version);
    return;
  }
  if (line.size == 0) return;
  lines_ = 1;
  const Refusal fault = check_request_line(line.method, line.target);
  if (fault != Refusal::none) error_ = error_in(fault, fault == Refusal::method_unknown ? line.method : line.target);
}

/// False when there is no further line, or not the whole of it.
bool HeadReader::judge_next_line(std::string_view text) {
  const bool one_too_many = lines_ > limits_.header_count && !text.empty() && text.front() != '\r';
  const Line line = one_too_many ? Line{Refusal::too_many_fields, 1} : judge_field_line(text);
  if (line.size == 0) return false;
  judged_ += line.size;
  if (line.fault != Refusal::none) {
    refuse(line.fault, text[line.size - 1]);
    return false;
  }
  ++lines_;
  complete_ = line.size == empty_line_size;
  return !complete_;
}

/// The fault is in the last byte that was judged.
void HeadReader::refuse(Refusal fault, char byte) { error_ = error_at(fault, byte, empty_line_bytes_ + judged_); }

/// A request line that has no room left is a target that is too long (RFC 9110 §15.5.15); 431 is about fields.
void HeadReader::refuse_too_large(std::string_view allowed, char next) {
  const bool in_target = lines_ == 0 && std::ranges::count(allowed, ' ') == 1;
  judged_ = allowed.size() + 1;
  refuse(in_target ? Refusal::target_too_long : Refusal::head_too_large, next);
}

}  // namespace closelab::http
