#include "tests/hostile/system_calls.h"

#include <dlfcn.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstring>

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

/// The one call that fails; null: none.
std::atomic<const char*> single_name = nullptr;
std::atomic<int> single_error = 0;
/// Calls of that name before it; below 0 it has been.
std::atomic<std::int64_t> single_before = 0;

/// True for the one call that is to fail: errno is set.
bool fails_once(const char* name) {
  const char* wanted = single_name;
  if (wanted == nullptr || spared || std::strcmp(wanted, name) != 0 || single_before-- != 0) return false;
  errno = single_error;
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

bool is_spared() { return spared; }

FailingCall::FailingCall(const char* name, int error, std::size_t n) {
  single_error = error;
  single_before = static_cast<std::int64_t>(n) - 1;
  single_name = name;
}

FailingCall::~FailingCall() { single_name = nullptr; }

bool FailingCall::has_failed() const { return single_before < 0; }

void shift_wall_clock(std::chrono::seconds by) { wall_clock_shift = by.count(); }

}  // namespace closelab::hostile

namespace hostile = closelab::hostile;
using hostile::Call;

extern "C" {

int accept4(int fd, sockaddr* address, socklen_t* length, int flags) noexcept(noexcept(::accept4(0, {}, {}, 0))) {
  static const auto next = hostile::original<int(int, sockaddr*, socklen_t*, int)>("accept4");
  if (hostile::fails_once("accept4")) return -1;
  return hostile::fails(hostile::is_affected(Call::accept4)) ? -1 : next(fd, address, length, flags);
}

ssize_t recv(int fd, void* to, size_t bytes, int flags) {
  static const auto next = hostile::original<ssize_t(int, void*, size_t, int)>("recv");
  if (hostile::fails_once("recv")) return -1;
  return hostile::fails(hostile::is_affected(Call::recv)) ? -1 : next(fd, to, bytes, flags);
}

ssize_t send(int fd, const void* from, size_t bytes, int flags) {
  static const auto next = hostile::original<ssize_t(int, const void*, size_t, int)>("send");
  const bool affected = hostile::is_affected(Call::send);
  if (hostile::fails(affected) || hostile::fails_once("send")) return -1;
  return next(fd, from, affected && bytes > 0 ? 1 : bytes, flags);
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  static const auto next = hostile::original<ssize_t(int, const msghdr*, int)>("sendmsg");
  const bool affected = hostile::is_affected(Call::send);
  if (hostile::fails(affected) || hostile::fails_once("sendmsg")) return -1;
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
  if (hostile::fails_once("sendto")) return -1;
  return hostile::fails(hostile::is_affected(Call::sendto)) ? -1 : next(fd, from, bytes, flags, address, length);
}

int recvmmsg(int fd, mmsghdr* messages, unsigned count, int flags, timespec* timeout) {
  static const auto next = hostile::original<int(int, mmsghdr*, unsigned, int, timespec*)>("recvmmsg");
  if (hostile::fails_once("recvmmsg")) return -1;
  return hostile::fails(hostile::is_affected(Call::recvmmsg)) ? -1 : next(fd, messages, count, flags, timeout);
}

int epoll_ctl(int epoll, int operation, int fd, epoll_event* event) noexcept {
  static const auto next = hostile::original<int(int, int, int, epoll_event*)>("epoll_ctl");
  const bool adds = operation == EPOLL_CTL_ADD;
  if (adds && hostile::fails_once("epoll_ctl")) return -1;
  return adds && hostile::fails(hostile::is_affected(Call::epoll_ctl)) ? -1 : next(epoll, operation, fd, event);
}

// Those that fail once only.
#define CLOSELAB_FAILS_ONCE(name, parameters, arguments)               \
  {                                                                    \
    static const auto next = hostile::original<int parameters>(#name); \
    return hostile::fails_once(#name) ? -1 : next arguments;           \
  }

int socket(int domain, int type, int protocol) noexcept
    CLOSELAB_FAILS_ONCE(socket, (int, int, int), (domain, type, protocol)) int bind(int fd, const sockaddr* address,
                                                                                    socklen_t length) noexcept
    CLOSELAB_FAILS_ONCE(bind, (int, const sockaddr*, socklen_t), (fd, address, length)) int listen(int fd,
                                                                                                   int backlog) noexcept
    CLOSELAB_FAILS_ONCE(listen, (int, int), (fd, backlog)) int shutdown(int fd, int how) noexcept
    CLOSELAB_FAILS_ONCE(shutdown, (int, int), (fd, how)) int connect(int fd, const sockaddr* address, socklen_t length)
        CLOSELAB_FAILS_ONCE(connect, (int, const sockaddr*, socklen_t),
                            (fd, address, length)) int setsockopt(int fd, int level, int option, const void* value,
                                                                  socklen_t length) noexcept
    CLOSELAB_FAILS_ONCE(setsockopt, (int, int, int, const void*, socklen_t),
                        (fd, level, option, value, length)) int getsockopt(int fd, int level, int option, void* value,
                                                                           socklen_t* length) noexcept
    CLOSELAB_FAILS_ONCE(getsockopt, (int, int, int, void*, socklen_t*),
                        (fd, level, option, value, length)) int getsockname(int fd, sockaddr* address,
                                                                            socklen_t* length) noexcept
    CLOSELAB_FAILS_ONCE(getsockname, (int, sockaddr*, socklen_t*),
                        (fd, address, length)) int epoll_create1(int flags) noexcept
    CLOSELAB_FAILS_ONCE(epoll_create1, (int), (flags)) int epoll_wait(int fd, epoll_event* events, int most,
                                                                      int timeout)
        CLOSELAB_FAILS_ONCE(epoll_wait, (int, epoll_event*, int, int),
                            (fd, events, most, timeout)) int eventfd(unsigned value, int flags) noexcept
    CLOSELAB_FAILS_ONCE(eventfd, (unsigned, int), (value, flags)) int timerfd_create(clockid_t clock,
                                                                                     int flags) noexcept
    CLOSELAB_FAILS_ONCE(timerfd_create, (clockid_t, int), (clock, flags))

    /// The descriptor is gone all the same (close(2)).
    int close(int fd) {
  static const auto next = hostile::original<int(int)>("close");
  const bool fails = hostile::fails_once("close");
  const int error = errno;
  const int result = next(fd);
  if (fails) errno = error;
  return fails ? -1 : result;
}

int ioctl(int fd, unsigned long request, ...) noexcept {
  static const auto next = hostile::original<int(int, unsigned long, void*)>("ioctl");
  va_list list;
  va_start(list, request);
  void* const argument = va_arg(list, void*);
  va_end(list);
  return hostile::fails_once("ioctl") ? -1 : next(fd, request, argument);
}

/// Says so by its result.
int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*), void* argument) noexcept {
  static const auto next =
      hostile::original<int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*)>("pthread_create");
  return hostile::fails_once("pthread_create") ? errno : next(thread, attributes, run, argument);
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
