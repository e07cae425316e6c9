#include "net/socket/ready_set.h"

#include <sys/epoll.h>

#include <array>
#include <asio/post.hpp>
#include <cerrno>
#include <system_error>
#include <utility>

namespace closelab::net {
namespace {

// Events taken at a time.
constexpr std::size_t batch = 64;
// Batches in a row before asio's timers and jobs have their turn.
constexpr int most_rounds = 8;

UniqueFd open_epoll() {
  UniqueFd fd(::epoll_create1(EPOLL_CLOEXEC));
  if (!fd) throw std::system_error(errno, std::system_category(), "epoll_create1");
  return fd;
}

constexpr std::uint32_t index_of(ReadySet::Key key) { return static_cast<std::uint32_t>(key); }
constexpr std::uint32_t generation_of(ReadySet::Key key) { return static_cast<std::uint32_t>(key >> 32); }

}  // namespace

ReadySet::ReadySet(asio::io_context& io) : io_(io), fd_(open_epoll()), descriptor_(io.get_executor(), fd_.get()) {
  wait();
}

ReadySet::~ReadySet() { close(); }

ReadySet::Key ReadySet::add(int fd, std::uint32_t events, Trigger trigger, Member& member) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t index = free_.back();
  Slot& slot = slots_[index];
  const Key key = index | static_cast<Key>(slot.generation) << 32;
  epoll_event event{};
  event.events = events | (trigger == Trigger::edge ? static_cast<std::uint32_t>(EPOLLET) : 0U);
  event.data.u64 = key;
  if (::epoll_ctl(fd_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return 0;
  free_.pop_back();
  slot.member = &member;
  return key;
}

bool ReadySet::is_member(Key key) const { return key != 0 && slots_[index_of(key)].generation == generation_of(key); }

void ReadySet::remove(Key key) {
  if (!is_member(key)) return;
  Slot& slot = slots_[index_of(key)];
  slot.member = nullptr;
  // 0 would make a key that is none.
  if (++slot.generation == 0) slot.generation = 1;
  free_.push_back(index_of(key));
}

void ReadySet::remove(Key key, int fd) {
  remove(key);
  ::epoll_ctl(fd_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

void ReadySet::call_soon(Key key) {
  asked_.push_back(key);
  if (!dispatching_ && asked_.size() == 1) asio::post(io_, [this] { dispatch(); });
}

void ReadySet::close() {
  if (descriptor_.is_open()) descriptor_.release();
}

void ReadySet::wait() {
  if (std::exchange(waiting_, true)) return;
  descriptor_.async_wait(asio::posix::descriptor_base::wait_read, [this](const std::error_code& error) {
    waiting_ = false;
    if (!error) dispatch();
  });
}

void ReadySet::dispatch() {
  if (!descriptor_.is_open()) return;
  dispatching_ = true;
  bool more = true;
  for (int round = 0; round < most_rounds && more; ++round) {
    std::array<epoll_event, batch> events;
    const int count = ::epoll_wait(fd_.get(), events.data(), events.size(), 0);
    for (int i = 0; i < count; ++i)
      call(events[static_cast<std::size_t>(i)].data.u64, events[static_cast<std::size_t>(i)].events);
    // One alone is a client that waits for its answer: nothing of it can be there yet.
    more = call_asked() || count > 1;
  }
  dispatching_ = false;
  if (!descriptor_.is_open()) return;
  if (more) return asio::post(io_, [this] { dispatch(); });
  wait();
}

void ReadySet::call(Key key, std::uint32_t events) {
  if (is_member(key)) slots_[index_of(key)].member->ready(events);
}

/// Those who ask again meanwhile have their turn in the next round.
bool ReadySet::call_asked() {
  if (asked_.empty()) return false;
  calling_.swap(asked_);
  for (const Key key : calling_) call(key, 0);
  calling_.clear();
  return true;
}

}  // namespace closelab::net
