#include "server/lab/audit/answer_reader.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace closelab::lab {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view blanks = " \t";
  const std::size_t begin = std::min(text.find_first_not_of(blanks), text.size());
  return text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

template <class Number>
Number number(std::string_view text, int base) {
  Number value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

}  // namespace

void AnswerReader::add(std::string_view bytes) {
  has_begun_ = has_begun_ || !bytes.empty();
  while (!bytes.empty() && part_ != Part::complete) bytes.remove_prefix(take(bytes));
  has_surplus_ = has_surplus_ || !bytes.empty();
}

bool AnswerReader::keeps_connection() const {
  return part_ == Part::complete && !says_close_ && !has_surplus_ && !ends_with_connection_;
}

void AnswerReader::add_end() {
  if (part_ == Part::body_to_end) part_ = Part::complete;
}

Extent AnswerReader::extent() const {
  if (part_ == Part::complete) return Extent::whole;
  return has_begun_ ? Extent::cut : Extent::none;
}

std::size_t AnswerReader::take(std::string_view bytes) {
  const bool is_content = part_ == Part::body || part_ == Part::body_to_end || part_ == Part::chunk;
  return is_content ? take_body(bytes) : take_line(bytes);
}

std::size_t AnswerReader::take_body(std::string_view bytes) {
  const std::size_t size = part_ == Part::body_to_end ? bytes.size() : std::min<std::uint64_t>(left_, bytes.size());
  bytes_ += size;
  left_ -= part_ == Part::body_to_end ? 0 : size;
  if (left_ == 0 && part_ == Part::body) part_ = Part::complete;
  if (left_ == 0 && part_ == Part::chunk) part_ = Part::chunk_end;
  return size;
}

std::size_t AnswerReader::take_line(std::string_view bytes) {
  const std::size_t end = bytes.find('\n');
  line_ += bytes.substr(0, end);
  if (end == std::string_view::npos) return bytes.size();
  if (line_.ends_with('\r')) line_.pop_back();
  end_line();
  line_.clear();
  return end + 1;
}

void AnswerReader::end_line() {
  switch (part_) {
    case Part::head:
      if (line_.empty()) return end_head();
      return note_field(line_);
    case Part::chunk_size:
      left_ = number<std::uint64_t>(line_, 16);
      part_ = left_ == 0 ? Part::trailer : Part::chunk;
      return;
    case Part::chunk_end:
      part_ = Part::chunk_size;
      return;
    case Part::trailer:
      if (line_.empty()) part_ = Part::complete;
      return;
    default:
      return;
  }
}

/// The status line is the one before there is a status.
void AnswerReader::note_field(std::string_view line) {
  if (said_status_ == 0) {
    says_close_ = line.starts_with("HTTP/1.0");
    said_status_ = number<int>(line.substr(std::min(line.find(' ') + 1, line.size())), 10);
    return;
  }
  const std::size_t colon = std::min(line.find(':'), line.size());
  const std::string name = lower(line.substr(0, colon));
  const std::string value = lower(without_blanks(line.substr(std::min(colon + 1, line.size()))));
  if (name == "transfer-encoding") is_chunked_ = value.ends_with("chunked");
  if (name == "connection" && value.find("close") != std::string::npos) says_close_ = true;
  if (name != "content-length") return;
  has_length_ = true;
  left_ = number<std::uint64_t>(value, 10);
}

/// 101 alone of the 1xx would be final (RFC 9110 section 15.2), and nobody asks for it here.
void AnswerReader::end_head() {
  if (said_status_ >= 100 && said_status_ < 200) {
    said_status_ = 0;
    is_chunked_ = has_length_ = says_close_ = false;
    return;
  }
  status_ = said_status_;
  begin_body();
}

void AnswerReader::begin_body() {
  const bool has_content = content_ == Content::by_head && status_ != 204 && status_ != 304;
  if (!has_content) {
    part_ = Part::complete;
  } else if (is_chunked_) {
    part_ = Part::chunk_size;
  } else if (has_length_) {
    part_ = left_ == 0 ? Part::complete : Part::body;
  } else {
    part_ = Part::body_to_end;
    ends_with_connection_ = true;
  }
}

}  // namespace closelab::lab
