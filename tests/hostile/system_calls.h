#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace closelab::hostile {

// This program has its own accept4(), recv(), send()... in front of the C library's. They do the same, until they
// are told not to.

enum class Call : std::uint8_t {
  accept4,
  recv,
  send,  ///< and sendmsg
  sendto,
  recvmmsg,
  epoll_ctl,  ///< EPOLL_CTL_ADD
};

/// While in scope, calls fail: at random, one in `one_in`. With error 0 they do as little as they may instead: one
/// byte.
class FailingCalls {
 public:
  FailingCalls(Call call, int error, unsigned one_in);
  ~FailingCalls();
  FailingCalls(const FailingCalls&) = delete;
  FailingCalls& operator=(const FailingCalls&) = delete;
  /// How many have failed.
  std::size_t count() const;
};

/// While in scope, nothing fails in this thread: it is a client's.
class Spared {
 public:
  Spared();
  ~Spared();
  Spared(const Spared&) = delete;
  Spared& operator=(const Spared&) = delete;
};

bool is_spared();

/// While in scope, the `n`-th call of that name on a thread that is not Spared fails with this errno, and no other.
class FailingCall {
 public:
  FailingCall(const char* name, int error, std::size_t n);
  ~FailingCall();
  FailingCall(const FailingCall&) = delete;
  FailingCall& operator=(const FailingCall&) = delete;
  /// Has it come to that?
  bool has_failed() const;
};

/// Sets the wall clock of this process off by so much. The steady clock goes on as always.
void shift_wall_clock(std::chrono::seconds by);

}  // namespace closelab::hostile
