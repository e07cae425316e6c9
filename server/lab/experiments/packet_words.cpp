#include "server/lab/experiments/packet_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace closelab::lab {
namespace {

using server::Rung;
using server::RungKind;
using testbed::Packet;

std::string text_of(const Rung& rung) { return fmt::format("{}: {}", to_string(rung.side), rung.text); }

/// `the server closed first, by FIN; reset by none; TIME_WAIT: server`, as far as it was observed.
std::string ending_of(const Observations& observed) {
  std::string text;
  for (const auto& [key, name] : {std::pair{"closed_first", "closed first"},
                                  {"closed_by", "by"},
                                  {"reset_by", "reset by"},
                                  {"time_wait", "TIME_WAIT"}}) {
    const auto found = observed.find(key);
    if (found != observed.end()) text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", name, found->second.text);
  }
  return text;
}

class Comments {
 public:
  explicit Comments(const std::vector<Packet>& packets) : packets_(packets) {}

  /// Times of the rungs count from `start`.
  void add(const Rung& rung, std::chrono::nanoseconds start) {
    if (!server::travels(rung.kind))
      return rung.kind == RungKind::state ? say(text_of(rung)) : next_.push_back(text_of(rung));
    const auto found = std::find_if(packets_.begin() + static_cast<std::ptrdiff_t>(current_), packets_.end(),
                                    [&](const Packet& packet) { return packet.at == start + rung.at; });
    if (found == packets_.end()) return;
    current_ = static_cast<std::size_t>(found - packets_.begin());
    for (const std::string& text : std::exchange(next_, {})) say(text);
    say(text_of(rung));
  }

  PacketWords finish(const std::string& ending) {
    for (const std::string& text : std::exchange(next_, {})) say(text);
    current_ = packets_.size() - 1;
    say(ending);
    return std::move(words_);
  }

 private:
  void say(const std::string& text) {
    const Packet& packet = packets_[current_];
    words_[packet.at].push_back(text);
    if (packet.transit == testbed::Transit::delivered) words_[packet.arrived].push_back(text);
  }

  const std::vector<Packet>& packets_;
  std::size_t current_ = 0;
  /// What happened before the next packet.
  std::vector<std::string> next_;
  PacketWords words_;
};

}  // namespace

PacketWords words_of_packets(const CaseOutcome& outcome) {
  const std::vector<Rung>& rungs = outcome.picture.rungs;
  const auto first = std::ranges::find_if(rungs, [](const Rung& rung) { return server::travels(rung.kind); });
  if (first == rungs.end() || outcome.packets.empty()) return {};
  Comments comments(outcome.packets);
  for (const Rung& rung : rungs) comments.add(rung, outcome.packets.front().at - first->at);
  return comments.finish(ending_of(outcome.observed));
}

}  // namespace closelab::lab
