#include "server/lab/admin/barrier.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace closelab::lab {
namespace {

constexpr std::array all{Barrier::Until::accepted, Barrier::Until::idle, Barrier::Until::peer_closed,
                         Barrier::Until::closed};

}  // namespace

std::string_view to_string(Barrier::Until until) {
  switch (until) {
    case Barrier::Until::accepted:
      return "accepted";
    case Barrier::Until::idle:
      return "idle";
    case Barrier::Until::peer_closed:
      return "peer_closed";
    case Barrier::Until::closed:
      return "closed";
  }
  return "";
}

std::optional<Barrier::Until> parse_until(std::string_view text) {
  for (const Barrier::Until until : all)
    if (to_string(until) == text) return until;
  return std::nullopt;
}

std::string describe(const Barrier& barrier) {
  std::string text = "a connection";
  if (barrier.connection) text = fmt::format("connection {}", *barrier.connection);
  if (barrier.after > 0) text += fmt::format(" after {}", barrier.after);
  text += barrier.until == Barrier::Until::peer_closed ? " to be closed by its client"
                                                       : fmt::format(" to be {}", to_string(barrier.until));
  if (barrier.requests > 0)
    text += fmt::format(", with at least {} request{}", barrier.requests, barrier.requests == 1 ? "" : "s");
  return text;
}

std::uint64_t Waiters::add(Barrier barrier, Clock::time_point deadline, BarrierAnswer answer, IsWanted is_wanted) {
  waiters_.push_back({++last_ticket_, barrier, deadline, std::move(answer), std::move(is_wanted)});
  return last_ticket_;
}

std::optional<Waiters::Waiter> Waiters::take(std::uint64_t ticket) {
  const auto found = std::ranges::find(waiters_, ticket, &Waiter::ticket);
  if (found == waiters_.end()) return std::nullopt;
  Waiter waiter = std::move(*found);
  waiters_.erase(found);
  return waiter;
}

template <class Concerned>
std::vector<Waiters::Waiter> Waiters::take_if(Concerned concerned) {
  const auto taken = std::stable_partition(waiters_.begin(), waiters_.end(),
                                           [&concerned](const Waiter& waiter) { return !concerned(waiter); });
  std::vector<Waiter> result(std::make_move_iterator(taken), std::make_move_iterator(waiters_.end()));
  waiters_.erase(taken, waiters_.end());
  return result;
}

std::vector<Waiters::Waiter> Waiters::take_reached(const ConnectionRecord& record) {
  return take_if([&record](const Waiter& waiter) { return reached(waiter.barrier, record) != Reached::no; });
}

std::vector<Waiters::Waiter> Waiters::take_late(Clock::time_point now) {
  return take_if([now](const Waiter& waiter) { return waiter.deadline <= now; });
}

std::vector<Waiters::Waiter> Waiters::take_unwanted() {
  return take_if([](const Waiter& waiter) { return waiter.is_wanted && !waiter.is_wanted(); });
}

std::vector<Waiters::Waiter> Waiters::take_all() { return std::exchange(waiters_, {}); }

Waiters::Clock::time_point Waiters::next_deadline() const {
  Clock::time_point next = Clock::time_point::max();
  for (const Waiter& waiter : waiters_) next = std::min(next, waiter.deadline);
  return next;
}

}  // namespace closelab::lab
