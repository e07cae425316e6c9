#include "net/witness/stories.h"

#include <algorithm>
#include <tuple>

#include "net/socket/socket_address.h"

namespace closelab::net {
namespace {

bool same(const fact::Segment& a, const fact::Segment& b) {
  const auto key = [](const fact::Segment& segment) {
    return std::tuple(segment.from, segment.syn, segment.fin, segment.rst, segment.ack, segment.sequence,
                      segment.acknowledgement, segment.payload);
  };
  return key(a) == key(b);
}

bool is_first_syn(const fact::Segment& segment) { return segment.syn && !segment.ack; }

bool is_answer_to_syn(const StorySegment& seen) { return seen.segment.syn && seen.segment.ack; }

/// Sent with numbers that the same side has used in this story, or was to use next.
bool continues(std::span<const StorySegment> story, const fact::Segment& segment) {
  return std::ranges::any_of(story, [&](const StorySegment& seen) {
    const bool same_side = seen.segment.from == segment.from;
    return same_side && (seen.segment.sequence == segment.sequence || seen.segment.end() == segment.sequence);
  });
}

std::size_t resets_of(std::span<const StorySegment> story, Sender from) {
  const auto is_reset = [from](const StorySegment& seen) { return seen.segment.rst && seen.segment.from == from; };
  return static_cast<std::size_t>(std::ranges::count_if(story, is_reset));
}

}  // namespace

Stories::Key Stories::key_of(const Endpoint& client, const Endpoint& server) {
  return {{client.port, server.port}, {without_mapping(client).address, without_mapping(server).address}};
}

template <class AnySuccession>
auto* Stories::find(AnySuccession& succession, std::uint32_t initial_sequence) {
  const auto found = std::ranges::find(succession, initial_sequence, &Story::initial_sequence);
  return found != succession.end() ? &*found : nullptr;
}

void Stories::add(const SeenSegment& seen) {
  const Key sent_by_client = key_of(seen.source, seen.destination);
  if (is_first_syn(seen.segment)) {
    begin(sent_by_client, seen.segment.sequence);
    return append(*find(successions_[sent_by_client], seen.segment.sequence), seen, Sender::client);
  }
  fact::Segment segment = seen.segment;
  segment.from = Sender::client;
  auto found = successions_.find(sent_by_client);
  if (found == successions_.end()) {
    segment.from = Sender::server;
    found = successions_.find(key_of(seen.destination, seen.source));
  }
  if (found == successions_.end()) return;
  if (Story* story = story_of(found->second, segment)) append(*story, seen, segment.from);
}

/// A SYN that is sent again begins nothing.
void Stories::begin(const Key& key, std::uint32_t initial_sequence) {
  Succession& succession = successions_[key];
  if (find(succession, initial_sequence) != nullptr) return;
  if (succession.size() == max_succession) make_room(succession);
  succession.push_back({.initial_sequence = initial_sequence, .misses_before = misses_});
  ++size_;
  unclaimed_.emplace_back(key, initial_sequence);
  if (unclaimed_.size() > max_unclaimed) forget_oldest_unclaimed();
}

void Stories::make_room(Succession& succession) {
  const auto oldest = std::ranges::find(succession, false, &Story::claimed);
  succession.erase(oldest != succession.end() ? oldest : succession.begin());
  --size_;
}

void Stories::forget_oldest_unclaimed() {
  const Name oldest = unclaimed_.front();
  unclaimed_.pop_front();
  const auto found = successions_.find(oldest.first);
  const Story* story = found != successions_.end() ? find(found->second, oldest.second) : nullptr;
  if (story != nullptr && !story->claimed) erase(oldest);
}

/// The newest, but for what is late: before the server has answered the SYN of a new connection, the client can send
/// nothing on it; and what repeats or continues the numbers of an older one belongs there. Null when that is not kept.
Stories::Story* Stories::story_of(Succession& succession, const fact::Segment& segment) {
  Story& newest = succession.back();
  const bool answered = std::ranges::any_of(newest.segments, is_answer_to_syn);
  if (segment.from == Sender::client && !answered)
    return succession.size() > 1 ? &succession[succession.size() - 2] : nullptr;
  if (continues(newest.segments, segment)) return &newest;
  const auto is_of = [&](const Story& story) { return continues(story.segments, segment); };
  const auto latest = std::find_if(succession.rbegin(), succession.rend(), is_of);
  return latest != succession.rend() ? &*latest : &newest;
}

/// Seen twice, on a bridge and on its port, it is still one segment; sent again, it is too.
void Stories::append(Story& story, const SeenSegment& seen, Sender from) {
  fact::Segment segment = seen.segment;
  segment.from = from;
  const auto copies = [&](const StorySegment& other) { return same(other.segment, segment); };
  if (std::ranges::any_of(story.segments, copies)) return;
  if (segment.rst && resets_of(story.segments, from) == max_resets) return;
  story.overfull = story.segments.size() == max_segments;
  if (!story.overfull) story.segments.push_back({seen.at, segment});
}

void Stories::claim(const ConnectionEnds& ends, std::uint32_t client_initial_sequence) {
  const auto found = successions_.find(key_of(ends.client, ends.server));
  Story* story = found != successions_.end() ? find(found->second, client_initial_sequence) : nullptr;
  if (story != nullptr) story->claimed = true;
}

Testimony Stories::testimony(const ConnectionEnds& ends, std::uint32_t client_initial_sequence) const {
  const auto found = successions_.find(key_of(ends.client, ends.server));
  const Story* story = found != successions_.end() ? find(found->second, client_initial_sequence) : nullptr;
  if (story == nullptr) return {};
  using Completeness = Testimony::Completeness;
  if (story->misses_before != misses_) return {Completeness::gaps, story->segments};
  return {story->overfull ? Completeness::cut : Completeness::whole, story->segments};
}

void Stories::drop(const ConnectionEnds& ends, std::uint32_t client_initial_sequence) {
  erase({key_of(ends.client, ends.server), client_initial_sequence});
}

void Stories::erase(const Name& name) {
  const auto found = successions_.find(name.first);
  if (found == successions_.end()) return;
  size_ -= std::erase_if(found->second, [&](const Story& story) { return story.initial_sequence == name.second; });
  if (found->second.empty()) successions_.erase(found);
}

}  // namespace closelab::net
