#pragma once

#include <asio/io_context.hpp>
#include <asio/posix/basic_stream_descriptor.hpp>
#include <cstdint>
#include <vector>

#include "net/socket/unique_fd.h"

namespace closelab::net {

/// The descriptors of one reactor, in an epoll set of their own that asio waits for as for one descriptor.
/// Registered with asio itself each connection takes an epoll_ctl() for every wait (0.5 us a request), three more and
/// an ioctl() in its life, and 300 bytes; edge-triggered in here it takes one epoll_ctl() in all and 16 bytes.
class ReadySet {
 public:
  class Member {
   public:
    /// epoll's events; 0 after call_soon(). May add and remove members, itself too.
    virtual void ready(std::uint32_t events) = 0;

   protected:
    ~Member() = default;
  };

  enum class Trigger : std::uint8_t {
    edge,   ///< tells once when there is something new
    level,  ///< tells as long as there is something to do
  };

  /// Names a member; 0 is none.
  using Key = std::uint64_t;

  explicit ReadySet(asio::io_context& io);
  ~ReadySet();
  ReadySet(const ReadySet&) = delete;
  ReadySet& operator=(const ReadySet&) = delete;

  /// 0 and errno when the kernel takes no more (epoll_ctl(2)).
  Key add(int fd, std::uint32_t events, Trigger trigger, Member& member);
  /// It is not called any more. An edge-triggered descriptor leaves the set when it is closed; until then, and longer
  /// if a child process still has it, it is ignored.
  void remove(Key key);
  /// Takes the descriptor out of the set as well.
  void remove(Key key, int fd);
  /// The member is called after those whose descriptors are ready.
  void call_soon(Key key);

  /// Ends the wait, so that asio may run out of work.
  void close();

 private:
  struct Slot {
    Member* member = nullptr;
    /// Distinguishes a slot's users, so that a late event of an earlier one is noticed.
    std::uint32_t generation = 1;
  };

  bool is_member(Key key) const;
  void wait();
  void dispatch();
  void call(Key key, std::uint32_t events);
  bool call_asked();

  asio::io_context& io_;
  UniqueFd fd_;
  asio::posix::basic_stream_descriptor<asio::io_context::executor_type> descriptor_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::vector<Key> asked_;
  std::vector<Key> calling_;
  bool waiting_ = false;
  bool dispatching_ = false;
};

}  // namespace closelab::net
