#include "server/connection/body_stream.h"

#include <algorithm>
#include <utility>

namespace closelab {

void BodyStream::State::attach(std::function<void()> wake_up) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake_up);
}

void BodyStream::State::detach() {
  const std::lock_guard lock(mutex_);
  gone_ = true;
  wake_ = nullptr;
  bytes_ = {};
}

BodyStream::State::Taken BodyStream::State::take(std::string& to, std::size_t max) {
  const std::lock_guard lock(mutex_);
  const std::size_t size = std::min(max, bytes_.size());
  to.append(bytes_, 0, size);
  bytes_.erase(0, size);
  if (size > 0) return Taken::bytes;
  waits_ = !ended_;
  return ended_ ? Taken::end : Taken::nothing_yet;
}

bool BodyStream::State::write(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  if (gone_ || ended_ || bytes_.size() + bytes.size() > max_bytes) return false;
  bytes_ += bytes;
  wake_reader();
  return true;
}

void BodyStream::State::end() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  wake_reader();
}

/// Under the lock, so that detach() is the end of it: waking only posts to the reactor.
void BodyStream::State::wake_reader() {
  if (!waits_) return;
  if (wake_) wake_();
  waits_ = false;
}

bool BodyStream::State::is_open() const {
  const std::lock_guard lock(mutex_);
  return !gone_ && !ended_;
}

BodyStream::BodyStream(std::size_t max_bytes) : state_(std::make_shared<State>(max_bytes)) {}

bool BodyStream::write(std::string_view bytes) const { return state_->write(bytes); }

void BodyStream::end() const { state_->end(); }

bool BodyStream::is_open() const { return state_->is_open(); }

}  // namespace closelab
