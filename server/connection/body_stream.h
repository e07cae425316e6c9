#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>

#include "closelab/handler.h"

namespace closelab {

/// What the writers of a BodyStream and the connection that sends it share.
struct BodyStream::State {
  explicit State(std::size_t max) : max_bytes(max) {}

  /// The connection's side: `wake_up` is called, on the writer's thread, when there is something to send after
  /// take() found nothing.
  void attach(std::function<void()> wake_up);
  void detach();
  enum class Taken : unsigned char { bytes, nothing_yet, end };
  Taken take(std::string& to, std::size_t max);

  bool write(std::string_view bytes);
  void end();
  bool is_open() const;

 private:
  void wake_reader();

  const std::size_t max_bytes;
  mutable std::mutex mutex_;
  std::string bytes_;
  std::function<void()> wake_;
  bool waits_ = false;
  bool ended_ = false;
  bool gone_ = false;
};

}  // namespace closelab
