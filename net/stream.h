#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <asio/io_context.hpp>
#include <asio/posix/basic_stream_descriptor.hpp>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>

namespace closelab::net {

/// The result of a non-blocking call: bytes, or an errno (EAGAIN: it would block).
struct IoResult {
  std::size_t bytes = 0;
  int error = 0;
};

/// Whether more output follows at once, so that the kernel may hold back a short segment (MSG_MORE).
enum class MoreToCome { no, yes };

/// A connection's socket. Reads and writes never block; it is registered with the reactor only when it first has
/// to wait, so a connection that is answered and closed at once costs no epoll call.
/// It does not close: release() hands the descriptor to net/teardown.
class Stream {
 public:
  Stream(asio::io_context& io, int fd) : io_(io), fd_(fd) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  int fd() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

  IoResult receive(std::span<char> buffer) const;
  /// How much could be read, without reading it: 1 or 0 bytes (also with the FIN, or an error, in front).
  std::size_t peek() const;
  IoResult send(std::span<const iovec> pieces, MoreToCome more) const;

  /// Calls `handler(std::error_code)` once when a read would not block (bytes, FIN or an error).
  template <class Handler>
  void wait_readable(Handler&& handler) {
    registered().async_wait(Descriptor::wait_read, std::forward<Handler>(handler));
  }
  template <class Handler>
  void wait_writable(Handler&& handler) {
    registered().async_wait(Descriptor::wait_write, std::forward<Handler>(handler));
  }

  /// Gives the descriptor up, unregistered; waits end with operation_aborted.
  int release();

 private:
  using Descriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;
  Descriptor& registered();

  asio::io_context& io_;
  int fd_;
  std::optional<Descriptor> descriptor_;
};

}  // namespace closelab::net
