#include "server/lab/experiments/packet_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "server/lab/packets/comments.h"

namespace closelab::lab {
namespace {

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

}  // namespace

PacketWords words_of_packets(const CaseOutcome& outcome) {
  const std::vector<server::Rung>& rungs = outcome.picture.rungs;
  const std::vector<testbed::Packet>& packets = outcome.packets;
  const auto first = std::ranges::find_if(rungs, [](const server::Rung& rung) { return server::travels(rung.kind); });
  if (first == rungs.end() || packets.empty()) return {};
  // Times of the rungs count from there.
  const auto start = packets.front().at - first->at;
  const auto find = [&](const server::Rung& rung, std::size_t from) -> std::optional<std::size_t> {
    for (std::size_t i = from; i < packets.size(); ++i)
      if (packets[i].at == start + rung.at) return i;
    return std::nullopt;
  };
  const PacketComments comments = comments_of(rungs, packets.size(), find, ending_of(outcome.observed));
  PacketWords words;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    if (comments[i].empty()) continue;
    const auto add = [&](std::chrono::nanoseconds at) {
      std::ranges::copy(comments[i], std::back_inserter(words[at]));
    };
    add(packets[i].at);
    if (packets[i].transit == testbed::Transit::delivered) add(packets[i].arrived);
  }
  return words;
}

}  // namespace closelab::lab
