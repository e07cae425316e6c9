#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "closelab/handler.h"
#include "server/connection/held_bytes.h"

namespace closelab {

/// What the writers of a BodyStream and the connection that sends it share.
struct BodyStream::State {
  explicit State(std::size_t max) : max_bytes(max) {}

  /// The connection's side: `wake_up` is called, on the writer's thread, when there is something to send after
  /// take() found nothing. Until detach() what is kept here counts as `held`.
  void attach(std::function<void()> wake_up, std::shared_ptr<server::HeldBytes> held);
  void detach();
  enum class Taken : unsigned char { bytes, nothing_yet, end };
  Taken take(std::string& to, std::size_t max);

  bool write(std::string_view bytes);
  void end();
  bool is_open() const;

 private:
  void wake_reader();
  void count();

  const std::size_t max_bytes;
  mutable std::mutex mutex_;
  std::string bytes_;
  std::function<void()> wake_;
  std::shared_ptr<server::HeldBytes> held_;
  /// Of `bytes_`, in `held_`.
  std::uint64_t counted_ = 0;
  bool waits_ = false;
  bool ended_ = false;
  bool gone_ = false;
};

}  // namespace closelab
