#include "http/head_reader.h"

#include <algorithm>

namespace closelab::http {
namespace {

// RFC 9112 §2.2 asks for at least one, which some clients send after a body.
constexpr std::size_t empty_lines_allowed = 4;

}  // namespace

HeadReader::HeadReader(const HttpLimits& limits) : limits_(limits), request_line_(limits.target_bytes) {}

std::size_t HeadReader::feed(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && !complete() && !refused()) {
    const std::string_view rest = bytes.substr(taken);
    taken += phase_ == Phase::empty_lines ? take_empty_lines(rest) : take_line(rest);
  }
  return taken;
}

void HeadReader::reset() {
  phase_ = Phase::empty_lines;
  request_line_ = RequestLine(limits_.target_bytes);
  field_line_ = FieldLine();
  head_.clear();
  empty_line_bytes_ = 0;
  field_count_ = 0;
  error_ = {};
}

std::size_t HeadReader::take_empty_lines(std::string_view bytes) {
  for (std::size_t taken = 0; taken < bytes.size(); ++taken) {
    const char c = bytes[taken];
    const bool after_cr = empty_line_bytes_ % 2 == 1;
    if (!after_cr && c != '\r' && c != '\n') {
      phase_ = Phase::request_line;
      return taken;
    }
    ++empty_line_bytes_;
    if (const Fault fault = step_empty_line(c); fault != Fault::none) {
      refuse(fault, c);
      return taken + 1;
    }
  }
  return bytes.size();
}

// The byte has been counted already: an odd count is that of a line's first byte.
Fault HeadReader::step_empty_line(char c) {
  if (empty_line_bytes_ % 2 == 0) return c == '\n' ? Fault::none : Fault::bare_cr;
  if (c == '\n') return Fault::bare_lf;
  return empty_line_bytes_ > 2 * empty_lines_allowed ? Fault::too_many_empty_lines : Fault::none;
}

std::size_t HeadReader::take_line(std::string_view bytes) {
  if (phase_ == Phase::request_line) {
    const std::size_t taken = take_bytes(bytes, request_line_);
    if (!refused() && request_line_.complete()) end_request_line();
    return taken;
  }
  if (field_line_.at_start() && over_field_count(bytes.front())) {
    head_ += bytes.front();
    refuse(Fault::too_many_fields, bytes.front());
    return 1;
  }
  const std::size_t taken = take_bytes(bytes, field_line_);
  if (!refused() && field_line_.complete()) end_field_line();
  return taken;
}

template <typename Line>
std::size_t HeadReader::take_bytes(std::string_view bytes, Line& line) {
  const std::size_t room = limits_.header_bytes - head_.size();
  Fault fault = Fault::none;
  std::size_t taken = 0;
  while (taken < bytes.size() && fault == Fault::none && !line.complete()) {
    fault = taken < room ? line.step(bytes[taken]) : Fault::head_too_large;
    ++taken;
  }
  head_.append(bytes.substr(0, taken));
  if (fault != Fault::none) refuse(fault, bytes[taken - 1]);
  return taken;
}

bool HeadReader::over_field_count(char first) const { return field_count_ >= limits_.header_count && first != '\r'; }

void HeadReader::end_request_line() {
  const std::string_view method = request_line_.method(head_);
  const std::string_view target = request_line_.target(head_);
  const Fault fault = check_request_line(method, target);
  if (fault != Fault::none) {
    error_ = error_in(fault, fault == Fault::method_unknown ? method : target);
    return;
  }
  char& minor_version = head_.end()[-3];
  minor_version = std::min(minor_version, '1');
  phase_ = Phase::fields;
}

void HeadReader::end_field_line() {
  if (field_line_.empty()) {
    phase_ = Phase::complete;
    return;
  }
  ++field_count_;
  field_line_ = FieldLine();
}

void HeadReader::refuse(Fault fault, char byte) {
  // A request line that has no room left is a target that is too long (RFC 9110 §15.5.15); 431 is about fields.
  const bool in_target = phase_ == Phase::request_line && request_line_.in_target();
  if (fault == Fault::head_too_large && in_target) fault = Fault::target_too_long;
  error_ = error_at(fault, byte, bytes_taken());
}

}  // namespace closelab::http
