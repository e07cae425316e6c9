#include "server/connection/output.h"

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "http/response_writer.h"
#include "server/connection/body_stream.h"

namespace closelab::server {
namespace {

// A body up to this size is copied after its head: cheaper than a second piece of the gather write.
constexpr std::size_t small_body = 4 * 1024;
// What is taken from a source at a time; a slow reader's queue is bounded by it.
constexpr std::size_t piece_bytes = 64 * 1024;
// What one connection may send before others have their turn: a client on the same machine may never block us.
constexpr std::uint64_t event_budget = 1024 * 1024;

}  // namespace

void Output::begin_response() {
  position_ = 0;
  omit_last_chunk_ = false;
  trailers_.clear();
  hold_at_.reset();
  hold_wire_at_.reset();
  wire_pieces_.clear();
  wire_begin_ = written_ + pending();
}

void Output::say(std::string_view bytes) {
  if (!is_at_wire_hold()) {
    buffer_ += bytes;
    return;
  }
  buffer_.insert(std::min(sent_, buffer_.size()), bytes);
  wire_begin_ += bytes.size();
  for (WirePiece& piece : wire_pieces_) {
    if (piece.end > written_) piece.end += bytes.size();
  }
}

void Output::add_body(std::string&& body) {
  if (body.size() <= small_body) {
    buffer_ += body;
  } else {
    body_ = std::move(body);
  }
}

void Output::add_source(BodySource source, std::optional<std::uint64_t> length, bool chunked) {
  auto pull = [source = std::move(source)](std::string& to, std::size_t max) {
    try {
      source(to, max);
    } catch (...) {
      return Pulled::failed;
    }
    return to.empty() ? Pulled::end : Pulled::bytes;
  };
  start_body(std::move(pull), length, chunked);
}

void Output::add_pieces(std::string body, bool chunked) {
  const std::size_t memory = body.capacity();
  const std::uint64_t size = body.size();
  auto pull = [body = std::move(body), given = std::size_t{0}](std::string& to, std::size_t max) mutable {
    const std::size_t taken = std::min(max, body.size() - given);
    to.append(body, given, taken);
    given += taken;
    return taken == 0 ? Pulled::end : Pulled::bytes;
  };
  start_body(std::move(pull), chunked ? std::nullopt : std::optional(size), chunked);
  kept_by_source_ = memory;
}

void Output::add_stream(BodyStream stream, bool chunked) {
  auto pull = [stream = std::move(stream)](std::string& to, std::size_t max) {
    switch (stream.state()->take(to, max)) {
      case BodyStream::State::Taken::nothing_yet:
        return Pulled::nothing_yet;
      case BodyStream::State::Taken::end:
        return Pulled::end;
      case BodyStream::State::Taken::bytes:
        break;
    }
    return Pulled::bytes;
  };
  start_body(std::move(pull), std::nullopt, chunked);
}

void Output::start_body(Source source, std::optional<std::uint64_t> length, bool chunked) {
  source_ = std::move(source);
  kept_by_source_ = 0;
  left_ = length;
  chunked_ = chunked;
  position_ = 0;
  streamed_ = 0;
  if (left_ == 0U) source_ = nullptr;
}

Output::Result Output::write(net::Stream& stream, net::MoreToCome more) {
  const std::uint64_t enough = written_ + event_budget;
  while (written_ < enough) {
    // Filled before it is sent, so that head, body and end of a small stream share a segment, and nothing is held back
    // (MSG_MORE) for an end that may turn out to be empty.
    drop_sent();
    Pulled pulled = Pulled::bytes;
    while (source_ && !is_at_hold() && pending() < piece_bytes && pulled == Pulled::bytes) pulled = pull();
    const bool last = !source_ && !hold_at_;
    const Result result = write_pending(stream, last ? more : net::MoreToCome::no);
    // What there was tells the client more than nothing.
    if (pulled == Pulled::failed) return Result::incomplete;
    if (result != Result::flushed) return result;
    if (is_at_hold() || is_at_wire_hold()) return Result::held;
    if (pulled == Pulled::nothing_yet) return Result::starved;
    if (!source_) {
      hold_at_.reset();  // it was shorter
      hold_wire_at_.reset();
      return Result::flushed;
    }
  }
  return Result::blocked;
}

Output::Result Output::write_pending(net::Stream& stream, net::MoreToCome more) {
  while (pending() > 0) {
    if (is_at_wire_hold()) return Result::held;
    if (allowance_ == 0U) return Result::paced;
    const std::size_t allowed = most_to_send();
    const std::size_t from_buffer = std::min(sent_, buffer_.size());
    const std::size_t from_body = sent_ - from_buffer;
    const std::size_t of_buffer = std::min(buffer_.size() - from_buffer, allowed);
    const std::size_t of_body = std::min(body_.size() - from_body, allowed - of_buffer);
    const std::array<iovec, 2> pieces{iovec{buffer_.data() + from_buffer, of_buffer},
                                      iovec{body_.data() + from_body, of_body}};
    const net::IoResult result = stream.send(std::span(pieces).first(of_body > 0 ? 2 : 1), more);
    sent_ += result.bytes;
    written_ += result.bytes;
    if (allowance_) *allowance_ -= result.bytes;
    if (result.error == EAGAIN) return Result::blocked;
    if (result.error != 0) {
      error_ = result.error;
      return Result::failed;
    }
  }
  clear_sent();
  return Result::flushed;
}

std::size_t Output::most_to_send() const {
  std::uint64_t most = pending();
  if (allowance_) most = std::min(most, *allowance_);
  const std::uint64_t stop = wire_begin_ + hold_wire_at_.value_or(0);
  if (hold_wire_at_ && stop > written_) most = std::min(most, stop - written_);
  return static_cast<std::size_t>(most);
}

std::size_t Output::most_to_pull() const {
  std::uint64_t most = std::min<std::uint64_t>(left_.value_or(piece_bytes), piece_bytes);
  if (hold_at_ && *hold_at_ > position_) most = std::min(most, *hold_at_ - position_);
  return static_cast<std::size_t>(most);
}

/// Takes the next piece from the source.
Output::Pulled Output::pull() {
  const std::size_t most = most_to_pull();
  piece_.clear();
  const Pulled pulled = source_(piece_, most);
  // A source that ends before its length, or gives more than it was asked for, can't be told right from wrong.
  if (pulled == Pulled::failed || piece_.size() > most || (left_ && piece_.empty())) return Pulled::failed;
  if (pulled == Pulled::nothing_yet) return pulled;
  position_ += piece_.size();
  streamed_ += piece_.size();
  if (left_) *left_ -= piece_.size();
  if (pulled == Pulled::end || left_ == 0U) source_ = nullptr;
  if (!chunked_) {
    buffer_ += piece_;
  } else if (!piece_.empty()) {
    http::append_chunk(buffer_, piece_);
  } else if (!omit_last_chunk_) {
    http::append_last_chunk(buffer_, trailers_);
  }
  std::erase_if(wire_pieces_, [this](const WirePiece& piece) { return piece.end <= written_; });
  // After a chunk's data comes CRLF.
  if (!piece_.empty()) wire_pieces_.push_back({written_ + pending() - (chunked_ ? 2 : 0), piece_.size()});
  return pulled;
}

std::uint64_t Output::take_streamed() {
  std::uint64_t kept = 0;
  for (const WirePiece& piece : wire_pieces_) kept += std::min(piece.bytes, piece.end - std::min(piece.end, written_));
  wire_pieces_.clear();
  return std::exchange(streamed_, 0) - kept;
}

/// A slow reader's buffer would grow by every piece if what it took stayed in front.
void Output::drop_sent() {
  if (!source_) return;
  buffer_.erase(0, sent_);
  sent_ = 0;
}

void Output::clear_sent() {
  buffer_.clear();
  if (!body_.empty()) body_ = std::string();
  sent_ = 0;
}

void Output::reset() {
  clear_sent();
  source_ = nullptr;
  left_.reset();
  begin_response();
  allowance_.reset();
  streamed_ = 0;
  piece_.clear();
  written_ = 0;
  error_ = 0;
}

}  // namespace closelab::server
