#include "server/connection/body_stream.h"

#include <algorithm>
#include <utility>

namespace closelab {

void BodyStream::State::attach(std::function<void()> wake_up, std::shared_ptr<server::HeldBytes> held) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake_up);
  held_ = std::move(held);
  count();
}

void BodyStream::State::detach() {
  const std::lock_guard lock(mutex_);
  gone_ = true;
  wake_ = nullptr;
  bytes_ = std::string();
  count();
  held_.reset();
}

BodyStream::State::Taken BodyStream::State::take(std::string& to, std::size_t max) {
  const std::lock_guard lock(mutex_);
  const std::size_t size = std::min(max, bytes_.size());
  to.append(bytes_, 0, size);
  bytes_.erase(0, size);
  if (bytes_.empty()) bytes_ = std::string();
  count();
  if (size > 0) return Taken::bytes;
  waits_ = !ended_;
  return ended_ ? Taken::end : Taken::nothing_yet;
}

bool BodyStream::State::write(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  const std::size_t size = bytes_.size() + bytes.size();
  if (gone_ || ended_ || size > max_bytes) return false;
  if (held_ != nullptr && !held_->has_room(counted_, size)) return false;
  bytes_ += bytes;
  count();
  wake_reader();
  return true;
}

void BodyStream::State::end() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  wake_reader();
}

void BodyStream::State::count() {
  if (held_ == nullptr) return;
  const std::uint64_t now = bytes_.empty() ? 0 : bytes_.capacity();
  held_->change(std::exchange(counted_, now), now);
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
