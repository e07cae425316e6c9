#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "closelab/endpoint.h"
#include "closelab/witness.h"

namespace closelab::net {

/// Whom a connection joins.
struct ConnectionEnds {
  Endpoint server{};
  Endpoint client{};
};

/// A segment of one connection, which tells who sent it.
struct StorySegment {
  std::chrono::system_clock::time_point at{};
  fact::Segment segment{};
};

/// What was seen of one connection, and how far it can be relied on.
struct Testimony {
  enum class Completeness : std::uint8_t {
    whole,    ///< every segment with SYN, FIN or RST that passed so far
    gaps,     ///< some may be missing: segments were missed while it lasted
    cut,      ///< there were more than are kept
    unknown,  ///< its SYN was not seen: before the capture began, or missed
  };
  Completeness completeness = Completeness::unknown;
  /// From the SYN on, in the order in which they were seen.
  std::span<const StorySegment> segments{};
};

/// Sorts captured segments into the stories of connections. A SYN with a new initial sequence number begins one. Who
/// claims a story, by that number, keeps it until it is dropped; of those that nobody claims, because their SYN was
/// refused or forged, the last ones are kept. Pure, and bounded by `max_unclaimed` and what is claimed.
class Stories {
 public:
  static constexpr std::size_t max_unclaimed = 16384;
  /// An orderly connection has four; a FIN or RST that is sent again and again is more.
  static constexpr std::size_t max_segments = 32;
  /// One side's: who is gone answers every segment by an RST, and those after the first ones tell nothing new.
  static constexpr std::size_t max_resets = 8;
  /// Those of one pair of ends: each connection between them lasts until its story has been dropped, and mostly there
  /// is one.
  static constexpr std::size_t max_succession = 8;

  void add(const SeenSegment& seen);
  /// Segments were missed: what is there now may have gaps.
  void note_missed() { ++misses_; }
  void claim(const ConnectionEnds& ends, std::uint32_t client_initial_sequence);
  Testimony testimony(const ConnectionEnds& ends, std::uint32_t client_initial_sequence) const;
  void drop(const ConnectionEnds& ends, std::uint32_t client_initial_sequence);
  std::size_t size() const { return size_; }

 private:
  /// Client's port and address, server's port and address: what differs most is compared first.
  struct Key {
    std::array<std::uint16_t, 2> ports{};
    std::array<std::array<std::uint8_t, 16>, 2> addresses{};
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  struct Story {
    std::uint32_t initial_sequence = 0;
    std::uint64_t misses_before = 0;
    bool claimed = false;
    bool overfull = false;
    std::vector<StorySegment> segments{};
  };
  /// The stories of one pair of ends, oldest first.
  using Succession = std::vector<Story>;
  using Name = std::pair<Key, std::uint32_t>;

  static Key key_of(const Endpoint& client, const Endpoint& server);
  static Story* story_of(Succession& succession, const fact::Segment& segment);
  template <class AnySuccession>
  static auto* find(AnySuccession& succession, std::uint32_t initial_sequence);
  void begin(const Key& key, std::uint32_t initial_sequence);
  void make_room(Succession& succession);
  void forget_oldest_unclaimed();
  void erase(const Name& name);
  static void append(Story& story, const SeenSegment& seen, Sender from);

  std::map<Key, Succession> successions_;
  std::deque<Name> unclaimed_;
  std::size_t size_ = 0;
  std::uint64_t misses_ = 0;
};

}  // namespace closelab::net
