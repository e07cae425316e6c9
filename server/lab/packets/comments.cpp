#include "server/lab/packets/comments.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

namespace closelab::lab {
namespace {

using server::Rung;
using server::RungKind;

std::string text_of(const Rung& rung) { return fmt::format("{}: {}", to_string(rung.side), rung.text); }

/// Adds what happened before the next packet.
void say(std::vector<std::string>& words, std::vector<std::string>& next) {
  std::ranges::move(std::exchange(next, {}), std::back_inserter(words));
}

}  // namespace

PacketComments comments_of(const std::vector<Rung>& rungs, std::size_t packets, const FindPacket& find,
                           const std::string& ending) {
  PacketComments comments(packets);
  if (packets == 0) return comments;
  std::size_t current = 0;
  std::vector<std::string> next;
  for (const Rung& rung : rungs) {
    const auto found = server::travels(rung.kind) ? find(rung, current) : std::nullopt;
    if (found) {
      current = *found;
      say(comments[current], next);
    }
    const bool is_of_packet = found || rung.kind == RungKind::state;
    (is_of_packet ? comments[current] : next).push_back(text_of(rung));
  }
  say(comments[current], next);
  comments.back().push_back(ending);
  return comments;
}

}  // namespace closelab::lab
