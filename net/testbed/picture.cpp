#include "net/testbed/picture.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

namespace closelab::testbed {
namespace {

/// As many data segments and ACKs in a row are drawn one by one; more become one rung.
constexpr std::size_t drawn_one_by_one = 6;

bool is_control(const Packet& packet) {
  const bool flagged = packet.has(syn) || packet.has(fin) || packet.has(rst);
  return flagged || packet.transit == Transit::lost || packet.transit == Transit::repeated;
}

std::string bytes_text(std::uint64_t bytes) {
  std::string digits = std::to_string(bytes);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits + (bytes == 1 ? " byte" : " bytes");
}

/// Labels segments, one after the other.
class Labels {
 public:
  std::string next(const Packet& packet) {
    std::string text = flag_names(packet);
    if (packet.payload > 0) {
      const std::string data = bytes_text(packet.payload);
      text = text == "ACK" ? data : text + ", " + data;
    } else if (text == "ACK" && acknowledges_fin(packet)) {
      text = "ACK of the FIN";
    }
    if (repeats(packet)) text += packet.transit == Transit::repeated ? ", an old copy" : ", again";
    note(packet);
    return text;
  }

 private:
  struct Sent {
    bool any = false;
    std::uint32_t end = 0;
    std::optional<std::uint32_t> fin_end{};
  };
  static std::size_t index(Side side) { return side == Side::server ? 1 : 0; }

  bool acknowledges_fin(const Packet& packet) const {
    const Sent& other = sent_[1 - index(packet.from)];
    return other.fin_end && packet.acknowledgement == *other.fin_end;
  }
  /// Whether it takes up sequence numbers that were all sent before.
  bool repeats(const Packet& packet) const {
    const Sent& own = sent_[index(packet.from)];
    const bool takes_numbers = packet.end() != packet.sequence;
    return packet.transit == Transit::repeated ||
           (own.any && takes_numbers && static_cast<std::int32_t>(packet.end() - own.end) <= 0);
  }
  void note(const Packet& packet) {
    Sent& own = sent_[index(packet.from)];
    if (!own.any || static_cast<std::int32_t>(packet.end() - own.end) > 0) own.end = packet.end();
    own.any = true;
    if (packet.has(fin)) own.fin_end = packet.end();
  }

  std::array<Sent, 2> sent_{};
};

Rung rung_of(const Packet& packet, std::string text) {
  return {.at = packet.at,
          .kind = Rung::Kind::segment,
          .side = packet.from,
          .text = std::move(text),
          .transit = packet.transit,
          .arrived = packet.arrived};
}

/// Data in bulk: one rung in the direction in which more of it went.
Rung bulk(std::span<const Packet> run) {
  std::array<std::uint64_t, 2> bytes{};
  for (const Packet& packet : run) bytes[packet.from == Side::server] += packet.payload;
  Rung rung{.at = run.front().at, .side = bytes[1] > bytes[0] ? Side::server : Side::client, .segments = run.size()};
  rung.transit = run.back().transit;
  rung.arrived = rung.transit == Transit::delivered ? run.back().arrived : run.back().at;
  rung.text = bytes_text(std::max(bytes[0], bytes[1])) + ", " + std::to_string(run.size()) + " segments with ACKs";
  return rung;
}

void add_packets(std::vector<Rung>& rungs, std::span<const Packet> packets) {
  Labels labels;
  std::vector<std::string> texts;
  for (const Packet& packet : packets) texts.push_back(labels.next(packet));
  for (std::size_t i = 0; i < packets.size();) {
    std::size_t end = i;
    while (end < packets.size() && !is_control(packets[end])) ++end;
    if (end - i > drawn_one_by_one) {
      rungs.push_back(bulk(packets.subspan(i, end - i)));
      i = end;
      continue;
    }
    for (end = std::max(end, i + 1); i < end; ++i) rungs.push_back(rung_of(packets[i], texts[i]));
  }
}

/// States of both ends that were seen at one look, or right after each other, share a rung.
void add_states(std::vector<Rung>& rungs, std::span<const StateSeen> states) {
  Rung* last = nullptr;
  for (const StateSeen& seen : states) {
    const bool client = seen.side == Side::client;
    if (last == nullptr || last->at != seen.at || (client ? last->client : last->server) != TcpState::unknown) {
      rungs.push_back({.at = seen.at, .kind = Rung::Kind::states});
      last = &rungs.back();
    }
    (client ? last->client : last->server) = seen.state;
  }
}

}  // namespace

Picture draw(const Ends& ends, std::span<const Packet> packets, std::span<const StateSeen> states,
             std::span<const Call> calls) {
  Picture picture;
  picture.ends = ends;
  std::vector<Rung>& rungs = picture.rungs;
  rungs.reserve(packets.size() + states.size() + calls.size());
  add_packets(rungs, packets);
  for (const Call& call : calls)
    rungs.push_back({.at = call.at, .kind = Rung::Kind::call, .side = call.side, .text = call.text});
  add_states(rungs, states);
  std::ranges::stable_sort(rungs, {}, &Rung::at);
  const std::chrono::nanoseconds start = rungs.empty() ? std::chrono::nanoseconds{} : rungs.front().at;
  for (Rung& rung : rungs) {
    rung.at -= start;
    if (rung.arrived.count() > 0) rung.arrived -= start;
  }
  return picture;
}

}  // namespace closelab::testbed
