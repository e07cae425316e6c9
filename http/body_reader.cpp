#include "http/body_reader.h"

#include <algorithm>

namespace closelab::http {
namespace {

// A pooled parser keeps the memory of ordinary bodies only.
constexpr std::size_t body_bytes_kept = 64 * 1024;

constexpr std::string_view line_end = "\r\n";

}  // namespace

void BodyReader::start(const HeadMeaning& meaning, std::uint64_t head_bytes) {
  framing_ = meaning.framing;
  part_ = framing_ == BodyFraming::chunked ? Part::size_line : Part::data;
  data_left_ = meaning.content_length;
  bytes_taken_ = head_bytes;
  overhead_bytes_ = 0;
}

void BodyReader::reset() {
  line_.clear();
  data_.clear();
  if (data_.capacity() > body_bytes_kept) data_.shrink_to_fit();
  if (error_.fault != Refusal::none) error_ = {};
}

std::size_t BodyReader::feed(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && !complete() && error_.fault == Refusal::none) {
    taken += part_ == Part::data ? take_data(bytes.substr(taken)) : take_line(bytes.substr(taken));
  }
  return taken;
}

std::size_t BodyReader::take_data(std::string_view bytes) {
  const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), data_left_));
  data_.append(bytes.substr(0, size));
  data_left_ -= size;
  bytes_taken_ += size;
  if (data_left_ == 0) part_ = framing_ == BodyFraming::chunked ? Part::data_end : Part::complete;
  return size;
}

/// Takes bytes up to the end of the line at most.
std::size_t BodyReader::take_line(std::string_view bytes) {
  const std::size_t before = line_.size();
  line_.append(bytes.substr(0, std::min(bytes.find('\n'), bytes.size() - 1) + 1));
  ChunkSizeLine line = judge_line();
  count_overhead(line);
  const std::size_t size = (line.size > 0 ? line.size : line_.size()) - before;
  bytes_taken_ += size;
  if (line.fault != Refusal::none) {
    error_ = error_at(line.fault, bytes[size - 1], bytes_taken_);
  } else if (line.size > 0) {
    end_line(line);
    line_.clear();
  }
  return size;
}

ChunkSizeLine BodyReader::judge_line() const {
  if (part_ == Part::size_line) return judge_chunk_size_line(line_);
  if (part_ == Part::trailers) return {judge_field_line(line_)};
  const std::string_view expected = line_end.substr(0, line_.size());
  if (line_.starts_with(expected)) return {{Refusal::none, line_ == line_end ? line_end.size() : 0}};
  return {{Refusal::chunk_overrun, line_.front() == '\r' ? std::size_t{2} : std::size_t{1}}};
}

/// RFC 9112 §7.1.1 asks for a limit on what comes with a body and is not data: extensions and trailers.
void BodyReader::count_overhead(ChunkSizeLine& line) {
  const std::string_view text = std::string_view(line_).substr(0, line.size > 0 ? line.size : line_.size());
  const bool in_trailer = part_ == Part::trailers && !text.starts_with('\r');
  const std::size_t end = in_trailer ? text.size() : std::min(text.find('\r'), text.size());
  const std::size_t begin = part_ == Part::size_line ? line.digits : 0;
  const std::size_t room = limits_.header_bytes - overhead_bytes_;
  const std::size_t too_many = begin + room + 1;
  if (end - begin > room && (line.fault == Refusal::none || too_many < line.size)) {
    line.fault = Refusal::chunk_framing_too_large;
    line.size = too_many;
  } else if (line.size > 0) {
    overhead_bytes_ += end - begin;
  }
}

void BodyReader::end_line(const ChunkSizeLine& line) {
  if (part_ == Part::size_line) return end_size_line(line.chunk_bytes);
  if (part_ == Part::data_end) {
    part_ = Part::size_line;
  } else if (line.size == line_end.size()) {
    part_ = Part::complete;
  }
}

void BodyReader::end_size_line(std::uint64_t chunk_bytes) {
  data_left_ = chunk_bytes;
  part_ = chunk_bytes > 0 ? Part::data : Part::trailers;
  if (chunk_bytes > limits_.body_bytes - data_.size()) error_ = error_in(Refusal::body_too_large, {});
}

}  // namespace closelab::http
