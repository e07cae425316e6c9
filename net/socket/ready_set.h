#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <vector>

#include "net/socket/unique_fd.h"

namespace closelab::net {

/// The descriptors that one thread waits for: an epoll set, edge-triggered for connections, so that each takes one
/// epoll_ctl() in all, and 16 bytes. asio would take one for every wait, three more and an ioctl() in its life, and
/// 300 bytes.
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

  using Clock = std::chrono::steady_clock;

  ReadySet();
  ReadySet(const ReadySet&) = delete;
  ReadySet& operator=(const ReadySet&) = delete;

  /// 0 and errno when the kernel takes no more (epoll_ctl(2)).
  Key add(int fd, std::uint32_t events, Trigger trigger, Member& member);
  /// It is not called any more. An edge-triggered descriptor leaves the set when it is closed; until then, and longer
  /// if a child process still has it, it is ignored.
  void remove(Key key);
  /// Takes the descriptor out of the set as well.
  void remove(Key key, int fd);
  /// The member is called in the next wait(), which then does not wait.
  void call_soon(Key key);

  enum class Wakeup : std::uint8_t {
    ready,   ///< members were
    called,  ///< by wake_up()
    due,     ///< `until` had passed before
  };
  /// Waits until a member is ready, wake_up() is called or `until` has passed (epoll_wait(2) counts in ms, so that it
  /// may be 1 ms late), and calls those who are ready. Of several reasons it says the one that is no member.
  Wakeup wait(Clock::time_point until);
  /// The wait that is under way, or the next one, ends; from any thread.
  void wake_up();

 private:
  struct Slot {
    Member* member = nullptr;
    /// Distinguishes a slot's users, so that a late event of an earlier one is noticed.
    std::uint32_t generation = 1;
  };

  bool is_member(Key key) const;
  void call(Key key, std::uint32_t events);
  void call_asked();

  UniqueFd fd_;
  UniqueFd wakeup_;
  /// Somebody has written to `wakeup_`, and wait() has not returned since.
  std::atomic<bool> told_{false};
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::vector<Key> asked_;
  std::vector<Key> calling_;
};

}  // namespace closelab::net
