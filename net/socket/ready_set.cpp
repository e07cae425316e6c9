#include "net/socket/ready_set.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <system_error>

namespace closelab::net {
namespace {

// Events taken at a time.
constexpr std::size_t batch = 64;

UniqueFd require_open(int fd, const char* call) {
  if (fd < 0) throw std::system_error(errno, std::system_category(), call);
  return UniqueFd(fd);
}

/// For epoll_wait(), which waits for ever for -1.
int milliseconds_until(ReadySet::Clock::time_point until) {
  if (until == ReadySet::Clock::time_point::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - ReadySet::Clock::now()).count();
  return static_cast<int>(std::clamp<decltype(left)>(left, 0, std::numeric_limits<int>::max()));
}

// No member's.
constexpr ReadySet::Key wakeup_key = 0;

constexpr std::uint32_t index_of(ReadySet::Key key) { return static_cast<std::uint32_t>(key); }
constexpr std::uint32_t generation_of(ReadySet::Key key) { return static_cast<std::uint32_t>(key >> 32); }

}  // namespace

ReadySet::ReadySet()
    : fd_(require_open(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      wakeup_(require_open(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {
  epoll_event event{};
  // Each write is an edge, so that nobody has to read it.
  event.events = EPOLLIN | static_cast<std::uint32_t>(EPOLLET);
  event.data.u64 = wakeup_key;
  if (::epoll_ctl(fd_.get(), EPOLL_CTL_ADD, wakeup_.get(), &event) != 0)
    throw std::system_error(errno, std::system_category(), "epoll_ctl");
}

ReadySet::Key ReadySet::add(int fd, std::uint32_t events, Trigger trigger, Member& member) {
  if (free_.empty()) {
    slots_.emplace_back();
    free_.push_back(static_cast<std::uint32_t>(slots_.size() - 1));
    // Removing must not need memory.
    free_.reserve(slots_.capacity());
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

void ReadySet::call_soon(Key key) { asked_.push_back(key); }

void ReadySet::wake_up() {
  if (told_.exchange(true)) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wakeup_.get(), &one, sizeof one);
}

ReadySet::Wakeup ReadySet::wait(Clock::time_point until) {
  const int timeout = milliseconds_until(until);
  std::array<epoll_event, batch> events;
  const int count = ::epoll_wait(fd_.get(), events.data(), events.size(), asked_.empty() ? timeout : 0);
  bool called = false;
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    called = called || event.data.u64 == wakeup_key;
    call(event.data.u64, event.events);
  }
  call_asked();
  // Before the caller looks at what it was woken for: who comes later than that look wakes it again.
  if (called) told_.exchange(false);
  if (called) return Wakeup::called;
  return timeout == 0 ? Wakeup::due : Wakeup::ready;
}

void ReadySet::call(Key key, std::uint32_t events) {
  if (is_member(key)) slots_[index_of(key)].member->ready(events);
}

/// Those who ask again meanwhile have their turn in the next wait.
void ReadySet::call_asked() {
  calling_.swap(asked_);
  for (const Key key : calling_) call(key, 0);
  calling_.clear();
}

}  // namespace closelab::net
