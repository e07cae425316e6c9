#include "net/stream.h"

#include <sys/socket.h>

#include <cerrno>

namespace closelab::net {
namespace {

IoResult result_of(ssize_t bytes) {
  if (bytes >= 0) return {static_cast<std::size_t>(bytes), 0};
  return {0, errno == EWOULDBLOCK ? EAGAIN : errno};
}

}  // namespace

IoResult Stream::receive(std::span<char> buffer) const {
  IoResult result;
  do {
    result = result_of(::recv(fd_, buffer.data(), buffer.size(), 0));
  } while (result.error == EINTR);
  return result;
}

std::size_t Stream::peek() const {
  char byte = 0;
  return ::recv(fd_, &byte, 1, MSG_PEEK) == 1 ? 1 : 0;
}

IoResult Stream::send(std::span<const iovec> pieces, MoreToCome more) const {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());
  message.msg_iovlen = pieces.size();
  const int flags = MSG_NOSIGNAL | (more == MoreToCome::yes ? MSG_MORE : 0);
  IoResult result;
  do {
    result = result_of(::sendmsg(fd_, &message, flags));
  } while (result.error == EINTR);
  return result;
}

Stream::Descriptor& Stream::registered() {
  if (!descriptor_) descriptor_.emplace(io_.get_executor(), fd_);
  return *descriptor_;
}

int Stream::release() {
  if (descriptor_) descriptor_->release();
  descriptor_.reset();
  return std::exchange(fd_, -1);
}

}  // namespace closelab::net
