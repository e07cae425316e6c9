#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "net/socket/ready_set.h"

namespace closelab::net {

/// The result of a non-blocking call: bytes, or an errno (EAGAIN: it would block).
struct IoResult {
  std::size_t bytes = 0;
  int error = 0;
};

/// Whether more output follows at once, so that the kernel may hold back a short segment (MSG_MORE).
enum class MoreToCome { no, yes };

/// A connection's socket. Reads and writes never block; it enters the reactor's set only when it first has to wait, so
/// a connection that is answered and closed at once costs no epoll call.
/// It does not close: release() hands the descriptor to net/teardown.
class Stream final : private ReadySet::Member {
 public:
  /// Who uses it.
  class Owner {
   public:
    /// What it waits for, take_readable(), take_writable() and take_end() tell, has come.
    virtual void stream_ready() = 0;

   protected:
    ~Owner() = default;
  };

  Stream(ReadySet& set, int fd, Owner& owner) : set_(set), owner_(owner), fd_(fd) {}
  ~Stream() { release(); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  int fd() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

  IoResult receive(std::span<char> buffer);
  /// Copies what could be read, without reading it; returns how much: 0 with the FIN, or an error, in front. An error
  /// is then gone (recv(2) with MSG_PEEK takes it).
  std::size_t peek(std::span<char> to) const;
  /// Bytes that were read so far.
  std::uint64_t received() const { return received_; }
  /// Bytes that were handed to the kernel so far.
  std::uint64_t sent() const { return sent_; }
  IoResult send(std::span<const iovec> pieces, MoreToCome more);
  /// The errno by which a call has told that the connection is over, 0 if none has: the kernel tells it once.
  int told_error() const { return told_error_; }

  /// Sends what was held back for more to come.
  void push();

  /// From now on, once, the owner is told when a read would not block (bytes, FIN or an error). Returns an errno when
  /// that can't be waited for.
  int wait_readable();
  int wait_writable();
  /// Has what was waited for come? Ends the wait if so.
  bool take_readable();
  bool take_writable();
  /// From now on the owner is told when a FIN or an error arrives, though nobody reads (EPOLLRDHUP, EPOLLHUP); at once
  /// when that has come and was not taken. No system call, once the stream is in the set.
  int watch_end();
  void ignore_end() { awaits_end_ = false; }
  bool take_end();

  /// Gives the descriptor up; waits end, untold.
  int release();

 private:
  void ready(std::uint32_t events) override;
  void remember(int error);
  int enter(bool is_ready);

  ReadySet& set_;
  Owner& owner_;
  ReadySet::Key key_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t sent_ = 0;
  int fd_;
  std::uint8_t told_error_ = 0;
  bool awaits_read_ : 1 = false;
  bool awaits_write_ : 1 = false;
  bool awaits_end_ : 1 = false;
  // What the edges have told, and no call has found otherwise since.
  bool can_read_ : 1 = false;
  bool can_write_ : 1 = false;
  /// A FIN or an error has been told of, and not been taken.
  bool has_end_ : 1 = false;
  /// A FIN, an error or urgent data may wait behind what a short read returned.
  bool trusts_short_reads_ : 1 = true;
};

}  // namespace closelab::net
