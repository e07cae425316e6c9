#include "net/witness/testimonies.h"

#include "net/witness/saved_syn.h"

namespace closelab::net {

void Testimonies::accepted(std::uint64_t id, const ConnectionEnds& ends, int fd) {
  const auto sequence = client_initial_sequence(fd);
  if (!sequence) return;
  const std::lock_guard lock(mutex_);
  accepted_.push_back({id, ends, *sequence});
}

void Testimonies::drop(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  dropped_.push_back(id);
}

/// The SYN of whoever was accepted before the collecting began is among what is collected.
void Testimonies::catch_up() {
  std::vector<Claim> accepted;
  std::vector<std::uint64_t> dropped;
  {
    const std::lock_guard lock(mutex_);
    accepted.swap(accepted_);
    dropped.swap(dropped_);
  }
  seen_.clear();
  witness_->collect(seen_);
  for (const SeenSegment& seen : seen_) stories_.add(seen);
  if (const std::uint64_t missed = witness_->missed(); missed != missed_) {
    missed_ = missed;
    stories_.note_missed();
  }
  for (const Claim& claim : accepted) {
    stories_.claim(claim.ends, claim.client_initial_sequence);
    claims_.emplace(claim.id, claim);
  }
  for (const std::uint64_t id : dropped) {
    const auto claim = claims_.find(id);
    if (claim == claims_.end()) continue;
    stories_.drop(claim->second.ends, claim->second.client_initial_sequence);
    claims_.erase(claim);
  }
}

Testimony Testimonies::testimony(std::uint64_t id) const {
  const auto claim = claims_.find(id);
  if (claim == claims_.end()) return {};
  return stories_.testimony(claim->second.ends, claim->second.client_initial_sequence);
}

}  // namespace closelab::net
