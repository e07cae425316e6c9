#include "http/head_reader.h"

#include <utility>

namespace closelab::http {
namespace {

// RFC 9112 §2.2 asks for at least one, which some clients send after a body.
constexpr std::size_t empty_lines_allowed = 4;

}  // namespace

HeadReader::HeadReader(const HttpLimits& limits) : limits_(limits), request_line_(limits.target_bytes) {}

std::size_t HeadReader::feed(std::string_view bytes) {
  std::size_t taken = 0;
  if (phase_ == Phase::empty_lines) taken += take_empty_lines(bytes);
  if (phase_ == Phase::request_line) taken += take_request_line(bytes.substr(taken));
  if (phase_ == Phase::field_lines) taken += take_field_lines(bytes.substr(taken));
  return taken;
}

void HeadReader::reset() {
  phase_ = Phase::empty_lines;
  request_line_ = RequestLine(limits_.target_bytes);
  field_line_ = {};
  field_count_ = 0;
  head_.clear();
  empty_line_bytes_ = 0;
  if (error_.fault != Refusal::none) error_ = {};
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
    if (const Refusal fault = step_empty_line(c); fault != Refusal::none) {
      refuse(fault, c);
      return taken + 1;
    }
  }
  return bytes.size();
}

// The byte has been counted already: an odd count is that of a line's first byte.
Refusal HeadReader::step_empty_line(char c) {
  if (empty_line_bytes_ % 2 == 0) return c == '\n' ? Refusal::none : Refusal::bare_cr;
  if (c == '\n') return Refusal::bare_lf;
  return empty_line_bytes_ > 2 * empty_lines_allowed ? Refusal::too_many_empty_lines : Refusal::none;
}

std::size_t HeadReader::take_request_line(std::string_view bytes) {
  std::size_t taken = request_line_.at_start() ? request_line_.take_whole(bytes.substr(0, room())) : 0;
  const Refusal fault = take_bytes(request_line_, bytes, taken);
  head_.append(bytes.substr(0, taken));
  if (fault != Refusal::none) {
    refuse(fault, bytes[taken - 1]);
  } else if (request_line_.complete()) {
    end_request_line();
  }
  return taken;
}

std::size_t HeadReader::take_field_lines(std::string_view bytes) {
  std::size_t taken = 0;
  Refusal fault = Refusal::none;
  while (taken < bytes.size() && fault == Refusal::none && phase_ == Phase::field_lines) {
    taken += take_whole_field_lines(bytes.substr(0, room()).substr(taken));
    if (phase_ == Phase::field_lines) fault = take_field_line(bytes, taken);
  }
  head_.append(bytes.substr(0, taken));
  if (fault != Refusal::none) refuse(fault, bytes[taken - 1]);
  return taken;
}

std::size_t HeadReader::take_whole_field_lines(std::string_view bytes) {
  if (!field_line_.at_start()) return 0;
  std::size_t taken = 0;
  while (field_count_ < limits_.header_count) {
    FieldLine line;
    const std::size_t size = line.take_whole(bytes.substr(taken));
    if (size == 0) break;
    taken += size;
    if (line.empty()) {
      phase_ = Phase::complete;
      break;
    }
    ++field_count_;
  }
  return taken;
}

Refusal HeadReader::take_field_line(std::string_view bytes, std::size_t& taken) {
  if (taken < bytes.size() && over_field_count(bytes[taken])) {
    ++taken;
    return Refusal::too_many_fields;
  }
  const Refusal fault = take_bytes(field_line_, bytes, taken);
  if (fault != Refusal::none || !field_line_.complete()) return fault;
  if (field_line_.empty()) {
    phase_ = Phase::complete;
  } else {
    ++field_count_;
    field_line_ = {};
  }
  return Refusal::none;
}

template <typename Line>
Refusal HeadReader::take_bytes(Line& line, std::string_view bytes, std::size_t& taken) const {
  Refusal fault = Refusal::none;
  while (taken < bytes.size() && fault == Refusal::none && !line.complete()) {
    fault = taken < room() ? line.step(bytes[taken]) : Refusal::head_too_large;
    ++taken;
  }
  return fault;
}

void HeadReader::end_request_line() {
  const std::string_view method = request_line_.method(head_);
  const std::string_view target = request_line_.target(head_);
  const Refusal fault = check_request_line(method, target);
  if (fault != Refusal::none) {
    error_ = error_in(fault, fault == Refusal::method_unknown ? method : target);
    phase_ = Phase::refused;
    return;
  }
  char& minor_version = head_.end()[-3];
  minor_version = std::min(minor_version, '1');
  phase_ = Phase::field_lines;
}

void HeadReader::refuse(Refusal fault, char byte) {
  // A request line that has no room left is a target that is too long (RFC 9110 §15.5.15); 431 is about fields.
  const bool in_target = phase_ == Phase::request_line && request_line_.in_target();
  if (fault == Refusal::head_too_large && in_target) fault = Refusal::target_too_long;
  error_ = error_at(fault, byte, bytes_taken());
  phase_ = Phase::refused;
}

}  // namespace closelab::http
