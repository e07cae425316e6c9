#include "net/socket/stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "net/socket/resource_error.h"

namespace closelab::net {
namespace {

constexpr std::uint32_t ends = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

IoResult result_of(ssize_t bytes) {
  if (bytes >= 0) return {static_cast<std::size_t>(bytes), 0};
  return {0, errno == EWOULDBLOCK ? EAGAIN : errno};
}

}  // namespace

IoResult Stream::receive(std::span<char> buffer) {
  IoResult result;
  do {
    result = result_of(::recv(fd_, buffer.data(), buffer.size(), 0));
  } while (result.error == EINTR);
  received_ += result.bytes;
  remember(result.error);
  // What comes after a read that took everything is told by a new edge.
  const bool took_all = result.bytes > 0 && result.bytes < buffer.size() && trusts_short_reads_;
  if (took_all || result.error == EAGAIN) can_read_ = false;
  return result;
}

std::size_t Stream::peek(std::span<char> to) const {
  return static_cast<std::size_t>(std::max<ssize_t>(::recv(fd_, to.data(), to.size(), MSG_PEEK), 0));
}

IoResult Stream::send(std::span<const iovec> pieces, MoreToCome more) {
  const int flags = MSG_NOSIGNAL | (more == MoreToCome::yes ? MSG_MORE : 0);
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());
  message.msg_iovlen = pieces.size();
  IoResult result;
  do {
    // For one piece the kernel has less to do.
    result = result_of(pieces.size() == 1 ? ::send(fd_, pieces[0].iov_base, pieces[0].iov_len, flags)
                                          : ::sendmsg(fd_, &message, flags));
  } while (result.error == EINTR);
  sent_ += result.bytes;
  remember(result.error);
  if (result.error == EAGAIN) can_write_ = false;
  return result;
}

void Stream::remember(int error) {
  const bool is_told = error != 0 && error != EAGAIN && !is_resource_error(error);
  if (is_told) told_error_ = static_cast<std::uint8_t>(error);
}

/// Setting TCP_NODELAY, even when it is set, sends what is pending (tcp(7)).
void Stream::push() {
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int Stream::wait_readable() {
  if (awaits_read_) return 0;
  awaits_read_ = true;
  return enter(can_read_);
}

int Stream::wait_writable() {
  if (awaits_write_) return 0;
  awaits_write_ = true;
  return enter(can_write_);
}

int Stream::watch_end() {
  if (awaits_end_) return 0;
  awaits_end_ = true;
  return enter(has_end_);
}

/// The first event after entering tells the state as it then is.
int Stream::enter(bool is_ready) {
  if (key_ == 0) {
    key_ = set_.add(fd_, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI, ReadySet::Trigger::edge, *this);
    return key_ == 0 ? errno : 0;
  }
  if (is_ready) set_.call_soon(key_);
  return 0;
}

bool Stream::take_readable() {
  const bool is_due = can_read_ && awaits_read_;
  if (is_due) awaits_read_ = false;
  return is_due;
}

bool Stream::take_writable() {
  const bool is_due = can_write_ && awaits_write_;
  if (is_due) awaits_write_ = false;
  return is_due;
}

bool Stream::take_end() {
  const bool is_due = has_end_ && awaits_end_;
  if (is_due) awaits_end_ = has_end_ = false;
  return is_due;
}

void Stream::ready(std::uint32_t events) {
  if ((events & (EPOLLIN | EPOLLPRI | ends)) != 0) can_read_ = true;
  if ((events & (EPOLLOUT | ends)) != 0) can_write_ = true;
  if ((events & (EPOLLPRI | ends)) != 0) trusts_short_reads_ = false;
  if ((events & ends) != 0) has_end_ = true;
  if ((can_read_ && awaits_read_) || (can_write_ && awaits_write_) || (has_end_ && awaits_end_)) owner_.stream_ready();
}

int Stream::release() {
  if (key_ != 0) set_.remove(std::exchange(key_, 0));
  return std::exchange(fd_, -1);
}

}  // namespace closelab::net
