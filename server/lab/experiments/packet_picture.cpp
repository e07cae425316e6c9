#include "server/lab/experiments/packet_picture.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "server/text/printable.h"

namespace closelab::lab {
namespace {

using server::Rung;
using server::RungKind;
using testbed::Packet;
using testbed::Transit;

/// As many data segments and ACKs in a row are drawn one by one; more become a run.
constexpr std::size_t drawn_one_by_one = 6;

std::string bytes_text(std::uint64_t bytes) {
  std::string digits = std::to_string(bytes);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits + (bytes == 1 ? " byte" : " bytes");
}

std::size_t index(Side side) { return side == Side::server ? 1 : 0; }

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
    if (packet.has(testbed::fin)) own.fin_end = packet.end();
  }

  std::array<Sent, 2> sent_{};
};

RungKind kind_of(const Packet& packet) {
  if (packet.has(testbed::rst)) return RungKind::rst;
  if (packet.has(testbed::fin)) return RungKind::fin;
  return packet.has(testbed::syn) ? RungKind::syn : RungKind::data;
}

/// A rung, and the packet that it is when it is one of those that may be part of a run.
struct Happening {
  Rung rung;
  const Packet* bulk = nullptr;
};

Happening happening_of(const Packet& packet, std::string text, bool ends_handshake) {
  const bool lossless = packet.transit != Transit::lost && packet.transit != Transit::repeated;
  Rung rung{.at = packet.at,
            .kind = kind_of(packet),
            .side = packet.from,
            .text = std::move(text),
            .transit = packet.transit,
            .arrived = packet.arrived};
  const bool may_be_in_bulk = rung.kind == RungKind::data && lossless && !ends_handshake;
  return {std::move(rung), may_be_in_bulk ? &packet : nullptr};
}

std::vector<Happening> happenings_of(std::span<const Packet> packets) {
  std::vector<Happening> all;
  Labels labels;
  bool handshake = false;  // until the client's first segment after its SYN
  for (const Packet& packet : packets) {
    const bool is_syn = packet.has(testbed::syn);
    const bool ends_handshake = handshake && !is_syn && packet.from == Side::client;
    handshake = is_syn || (handshake && !ends_handshake);
    all.push_back(happening_of(packet, labels.next(packet), ends_handshake));
  }
  return all;
}

/// What one side sent of a run: its data, or ACKs alone.
std::optional<Rung> run_of(std::span<const Happening> run, Side side) {
  std::optional<Rung> rung;
  std::uint64_t bytes = 0;
  std::size_t segments = 0;
  for (const Happening& one : run) {
    if (one.rung.side != side) continue;
    if (!rung) rung = one.rung;
    rung->transit = one.rung.transit;
    rung->arrived = one.rung.arrived;
    if (one.rung.at > rung->at) rung->until = one.rung.at;
    bytes += one.bulk->payload;
    ++segments;
  }
  if (!rung) return rung;
  rung->segments = segments;
  const std::string many = server::counted(segments, bytes > 0 ? "segment" : "ACK");
  if (segments > 1) rung->text = bytes > 0 ? bytes_text(bytes) + " in " + many : many;
  return rung;
}

void add_run(std::vector<Rung>& rungs, std::span<const Happening> run) {
  if (run.size() <= drawn_one_by_one) {
    for (const Happening& one : run) rungs.push_back(one.rung);
    return;
  }
  std::optional<Rung> first = run_of(run, run.front().rung.side);
  std::optional<Rung> second = run_of(run, run.front().rung.side == Side::client ? Side::server : Side::client);
  rungs.push_back(std::move(*first));
  if (second) rungs.push_back(std::move(*second));
}

/// How many happenings from the first one on are a run: data of one side and ACKs after it, or ACKs alone. ACKs before
/// the data are of something earlier.
std::size_t run_length(std::span<const Happening> happenings) {
  const auto has_data = [](const Happening& one) { return one.bulk->payload > 0; };
  const Happening& first = happenings.front();
  std::size_t length = 0;
  for (const Happening& one : happenings) {
    if (one.bulk == nullptr) break;
    if (has_data(one) && (!has_data(first) || one.rung.side != first.rung.side)) break;
    ++length;
  }
  return length;
}

std::vector<Rung> rungs_of(std::span<const Happening> happenings) {
  std::vector<Rung> rungs;
  while (!happenings.empty()) {
    const std::size_t length = run_length(happenings);
    if (length == 0) rungs.push_back(happenings.front().rung);
    add_run(rungs, happenings.first(length));
    happenings = happenings.subspan(std::max<std::size_t>(length, 1));
  }
  return rungs;
}

/// Times count from the first rung.
void begin_at_zero(std::vector<Rung>& rungs) {
  const std::chrono::nanoseconds start = rungs.empty() ? std::chrono::nanoseconds{} : rungs.front().at;
  for (Rung& rung : rungs) {
    rung.at -= start;
    if (rung.until) *rung.until -= start;
    if (rung.arrived.count() > 0) rung.arrived -= start;
  }
}

}  // namespace

server::Picture picture_of(const testbed::Ends& ends, std::span<const Packet> packets,
                           std::span<const StateSeen> states, std::span<const CallSeen> calls) {
  std::vector<Happening> all;
  for (const CallSeen& call : calls)
    all.push_back({{.at = call.at, .kind = RungKind::call, .side = call.side, .text = server::printable(call.text)}});
  std::ranges::move(happenings_of(packets), std::back_inserter(all));
  for (const StateSeen& seen : states)
    all.push_back({{.at = seen.at,
                    .kind = RungKind::state,
                    .side = seen.side,
                    .text = std::string(to_string(seen.state)),
                    .state = seen.state}});
  // At one moment a call comes before the packet that it causes, and that before the state to which it leads.
  std::ranges::stable_sort(all, {}, [](const Happening& one) { return one.rung.at; });
  server::Picture picture{.client = ends.client, .server = ends.server, .rungs = rungs_of(all)};
  begin_at_zero(picture.rungs);
  return picture;
}

}  // namespace closelab::lab
