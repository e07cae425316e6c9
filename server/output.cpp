#include "server/output.h"

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "http/response_writer.h"

namespace closelab::server {
namespace {

// A body up to this size is copied behind its head: cheaper than a second piece of the gather write.
constexpr std::size_t small_body = 4 * 1024;
// What is taken from a source at a time; a slow reader's queue is bounded by it.
constexpr std::size_t piece_bytes = 64 * 1024;
// What one connection may send before others have their turn: a client on the same machine may never block us.
constexpr std::uint64_t event_budget = 1024 * 1024;

}  // namespace

void Output::add_body(std::string body) {
  if (body.size() <= small_body) {
    buffer_ += body;
  } else {
    body_ = std::move(body);
  }
}

void Output::add_source(BodySource source, std::optional<std::uint64_t> length, bool chunked) {
  source_ = std::move(source);
  left_ = length;
  chunked_ = chunked;
  streamed_ = 0;
  if (left_ == 0U) source_ = nullptr;
}

Output::Result Output::write(const net::Stream& stream, net::MoreToCome more) {
  const std::uint64_t enough = written_ + event_budget;
  while (written_ < enough) {
    // Filled before it is sent, so that head, body and end of a small stream share a segment, and nothing is held back
    // (MSG_MORE) for an end that may turn out to be empty.
    drop_sent();
    while (source_ && pending() < piece_bytes) {
      if (pull()) continue;
      write_pending(stream, net::MoreToCome::no);  // what there is tells more than nothing
      return Result::incomplete;
    }
    const bool last = !source_;
    const Result result = write_pending(stream, last ? more : net::MoreToCome::no);
    if (result != Result::flushed || last) return result;
  }
  return Result::blocked;
}

Output::Result Output::write_pending(const net::Stream& stream, net::MoreToCome more) {
  while (pending() > 0) {
    const std::size_t from_buffer = std::min(sent_, buffer_.size());
    const std::size_t from_body = sent_ - from_buffer;
    const std::array<iovec, 2> pieces{iovec{buffer_.data() + from_buffer, buffer_.size() - from_buffer},
                                      iovec{body_.data() + from_body, body_.size() - from_body}};
    const net::IoResult result = stream.send(pieces, more);
    sent_ += result.bytes;
    written_ += result.bytes;
    if (result.error == EAGAIN) return Result::blocked;
    if (result.error != 0) {
      error_ = result.error;
      return Result::failed;
    }
  }
  clear_sent();
  return Result::flushed;
}

/// Takes the next piece from the source; false when the body can't be completed.
bool Output::pull() {
  const std::size_t most = static_cast<std::size_t>(std::min<std::uint64_t>(left_.value_or(piece_bytes), piece_bytes));
  piece_.clear();
  try {
    source_(piece_, most);
  } catch (...) {
    return false;
  }
  if (piece_.size() > most) return false;
  streamed_ += piece_.size();
  if (left_) {
    *left_ -= piece_.size();
    if (piece_.empty()) return false;
    if (*left_ == 0) source_ = nullptr;
  } else if (piece_.empty()) {
    source_ = nullptr;
  }
  if (chunked_) {
    piece_.empty() ? http::append_last_chunk(buffer_) : http::append_chunk(buffer_, piece_);
  } else {
    buffer_ += piece_;
  }
  return true;
}

/// A slow reader's buffer would grow by every piece if what it took stayed in front.
void Output::drop_sent() {
  if (!source_) return;
  buffer_.erase(0, sent_);
  sent_ = 0;
}

void Output::clear_sent() {
  buffer_.clear();
  body_ = {};
  sent_ = 0;
}

void Output::reset() {
  clear_sent();
  source_ = nullptr;
  left_.reset();
  piece_.clear();
  written_ = 0;
  error_ = 0;
}

}  // namespace closelab::server
