#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "closelab/witness.h"
#include "net/witness/stories.h"

namespace closelab::net {

/// What the witness has seen of each accepted connection, by its id.
class Testimonies {
 public:
  explicit Testimonies(std::shared_ptr<Witness> witness) : witness_(std::move(witness)) {}

  /// A connection has been accepted on `fd`, from a listener with save_syns(). On any thread.
  void accepted(std::uint64_t id, const ConnectionEnds& ends, int fd);
  /// Its story is of no interest any more. On any thread.
  void drop(std::uint64_t id);

  // On one thread, the observer's.

  /// Takes from the witness what is there: whatever this machine's TCP has handled, is then known.
  void catch_up();
  Testimony testimony(std::uint64_t id) const;
  /// Segments that were missed so far.
  std::uint64_t missed() const { return missed_; }

 private:
  struct Claim {
    std::uint64_t id = 0;
    ConnectionEnds ends{};
    std::uint32_t client_initial_sequence = 0;
  };

  const std::shared_ptr<Witness> witness_;
  Stories stories_;
  std::map<std::uint64_t, Claim> claims_;
  std::vector<SeenSegment> seen_;
  std::uint64_t missed_ = 0;

  std::mutex mutex_;
  std::vector<Claim> accepted_;
  std::vector<std::uint64_t> dropped_;
};

}  // namespace closelab::net
