#include "http/body_reader.h"

#include <algorithm>

namespace closelab::http {

void BodyReader::start(const HeadMeaning& meaning, std::uint64_t head_bytes) {
  part_ = meaning.framing == BodyFraming::chunked ? Part::size_line : Part::data;
  data_left_ = meaning.content_length;
  room_ = limits_.body_bytes;
  bytes_taken_ = head_bytes;
  overhead_bytes_ = 0;
  size_line_ = {};
  trailer_line_ = {};
  error_ = {};
}

std::string_view BodyReader::take(std::string_view bytes) {
  needed_ = true;
  if (part_ == Part::data) return take_data(bytes);
  ++bytes_taken_;
  Refusal fault = step(bytes.front());
  if (fault == Refusal::none && !needed_ && ++overhead_bytes_ > limits_.header_bytes) {
    fault = Refusal::chunk_framing_too_large;
  }
  if (fault == Refusal::body_too_large) {
    error_ = error_in(fault, {});
  } else if (fault != Refusal::none) {
    error_ = error_at(fault, bytes.front(), bytes_taken_);
  }
  return bytes.substr(0, 1);
}

std::string_view BodyReader::take_data(std::string_view bytes) {
  const std::string_view data =
      bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), data_left_)));
  data_left_ -= data.size();
  bytes_taken_ += data.size();
  if (data_left_ == 0) part_ = Part::data_cr;
  return data;
}

Refusal BodyReader::step(char c) {
  switch (part_) {
    case Part::size_line:
      return step_size_line(c);
    case Part::data_cr:
      return step_data_end(c, '\r', Part::data_lf);
    case Part::data_lf:
      return step_data_end(c, '\n', Part::size_line);
    default:
      return step_trailers(c);
  }
}

Refusal BodyReader::step_size_line(char c) {
  const Refusal fault = size_line_.step(c);
  needed_ = !size_line_.in_extension();
  return fault == Refusal::none && size_line_.complete() ? end_size_line() : fault;
}

Refusal BodyReader::end_size_line() {
  data_left_ = size_line_.size();
  size_line_ = {};
  part_ = data_left_ > 0 ? Part::data : Part::trailers;
  if (data_left_ > room_) return Refusal::body_too_large;
  room_ -= data_left_;
  return Refusal::none;
}

Refusal BodyReader::step_data_end(char c, char expected, Part next) {
  part_ = next;
  return c == expected ? Refusal::none : Refusal::chunk_overrun;
}

Refusal BodyReader::step_trailers(char c) {
  const Refusal fault = trailer_line_.step(c);
  needed_ = trailer_line_.empty();
  if (!needed_ && trailer_line_.complete()) trailer_line_ = {};
  return fault;
}

}  // namespace closelab::http
