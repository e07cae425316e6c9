#include "tests/hostile/system_calls.h"

#include <dlfcn.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace closelab::hostile {
namespace {

constexpr int no_call = -1;

std::atomic<int> failing_call = no_call;
std::atomic<int> failing_error = 0;
std::atomic<unsigned> failing_one_in = 1;
std::atomic<std::size_t> failed = 0;
std::atomic<std::int64_t> wall_clock_shift = 0;
thread_local bool spared = false;

/// xorshift: as random as it has to be.
unsigned draw() {
  thread_local std::uint32_t state = 2463534242U;
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

bool is_affected(Call call) {
  if (failing_call != static_cast<int>(call) || spared || draw() % failing_one_in != 0) return false;
  ++failed;
  return true;
}

/// True when the call is to fail: errno is set.
bool fails(bool affected) {
  if (!affected || failing_error == 0) return false;
  errno = failing_error;
  return true;
}

/// What the C library, or a sanitizer in front of it, has under this name.
template <class Function>
Function* original(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

FailingCalls::FailingCalls(Call call, int error, unsigned one_in) {
  failed = 0;
  failing_error = error;
  failing_one_in = one_in;
  failing_call = static_cast<int>(call);
}

FailingCalls::~FailingCalls() { failing_call = no_call; }

std::size_t FailingCalls::count() const { return failed; }

Spared::Spared() { spared = true; }

Spared::~Spared() { spared = false; }

void shift_wall_clock(std::chrono::seconds by) { wall_clock_shift = by.count(); }

}  // namespace closelab::hostile

namespace hostile = closelab::hostile;
using hostile::Call;

extern "C" {

int accept4(int fd, sockaddr* address, socklen_t* length, int flags) noexcept(noexcept(::accept4(0, {}, {}, 0))) {
  static const auto next = hostile::original<int(int, sockaddr*, socklen_t*, int)>("accept4");
  return hostile::fails(hostile::is_affected(Call::accept4)) ? -1 : next(fd, address, length, flags);
}

ssize_t recv(int fd, void* to, size_t bytes, int flags) {
  static const auto next = hostile::original<ssize_t(int, void*, size_t, int)>("recv");
  return hostile::fails(hostile::is_affected(Call::recv)) ? -1 : next(fd, to, bytes, flags);
}

ssize_t send(int fd, const void* from, size_t bytes, int flags) {
  static const auto next = hostile::original<ssize_t(int, const void*, size_t, int)>("send");
  const bool affected = hostile::is_affected(Call::send);
  if (hostile::fails(affected)) return -1;
  return next(fd, from, affected && bytes > 0 ? 1 : bytes, flags);
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  static const auto next = hostile::original<ssize_t(int, const msghdr*, int)>("sendmsg");
  const bool affected = hostile::is_affected(Call::send);
  if (hostile::fails(affected)) return -1;
  const iovec* first = message->msg_iov;
  if (!affected || message->msg_iovlen == 0 || first->iov_len == 0) return next(fd, message, flags);
  iovec piece{first->iov_base, 1};
  msghdr little{};
  little.msg_iov = &piece;
  little.msg_iovlen = 1;
  return next(fd, &little, flags);
}

ssize_t sendto(int fd, const void* from, size_t bytes, int flags, const sockaddr* address, socklen_t length) {
  static const auto next =
      hostile::original<ssize_t(int, const void*, size_t, int, const sockaddr*, socklen_t)>("sendto");
  return hostile::fails(hostile::is_affected(Call::sendto)) ? -1 : next(fd, from, bytes, flags, address, length);
}

int recvmmsg(int fd, mmsghdr* messages, unsigned count, int flags, timespec* timeout) {
  static const auto next = hostile::original<int(int, mmsghdr*, unsigned, int, timespec*)>("recvmmsg");
  return hostile::fails(hostile::is_affected(Call::recvmmsg)) ? -1 : next(fd, messages, count, flags, timeout);
}

int epoll_ctl(int epoll, int operation, int fd, epoll_event* event) noexcept {
  static const auto next = hostile::original<int(int, int, int, epoll_event*)>("epoll_ctl");
  const bool adds = operation == EPOLL_CTL_ADD;
  return adds && hostile::fails(hostile::is_affected(Call::epoll_ctl)) ? -1 : next(epoll, operation, fd, event);
}

// By the bare system call: this is called before anything is set up.
int clock_gettime(clockid_t clock, timespec* now) noexcept {
  const auto result = static_cast<int>(::syscall(SYS_clock_gettime, clock, now));
  if (clock == CLOCK_REALTIME) now->tv_sec += hostile::wall_clock_shift;
  return result;
}

time_t time(time_t* to) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (to != nullptr) *to = now.tv_sec;
  return now.tv_sec;
}

}  // extern "C"
