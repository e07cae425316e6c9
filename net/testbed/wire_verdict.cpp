#include "net/testbed/wire_verdict.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace closelab::testbed {
namespace {

constexpr std::size_t never = std::numeric_limits<std::size_t>::max();
constexpr std::size_t end_of_capture = never - 1;

/// Sequence numbers wrap (RFC 9293 §3.4).
bool is_past(std::uint32_t a, std::uint32_t b) { return static_cast<std::int32_t>(a - b) > 0; }

bool acknowledges(const Packet& packet, std::uint32_t end) {
  return packet.has(ack) && !is_past(end, packet.acknowledgement);
}

/// What one side sent to end the connection: positions in the capture of its first FIN and first RST.
struct End {
  Side side = Side::undetermined;
  std::size_t fin_at = never;
  std::size_t rst_at = never;

  bool has_fin() const { return fin_at != never; }
  bool has_rst() const { return rst_at != never; }
  bool has_closed() const { return has_fin() || has_rst(); }
  /// A socket that has sent an RST is gone and sends no FIN, so a FIN is always the earlier.
  std::size_t closed_at() const { return has_fin() ? fin_at : rst_at; }
  First first() const { return {side, has_fin() ? ClosedBy::fin : ClosedBy::rst}; }
};

/// From the server's answer to the SYN on: what comes before is of an older connection between the same ends, whose
/// TIME_WAIT may answer a SYN by an ACK (RFC 9293 §3.10.7.4), and that draws an RST.
std::span<const Packet> since_answer(std::span<const Packet> packets) {
  const auto answer = std::ranges::find_if(packets, [](const Packet& each) { return each.has(syn) && each.has(ack); });
  return answer != packets.end() ? std::span(answer, packets.end()) : packets;
}

class Trace {
 public:
  explicit Trace(std::span<const Packet> packets) : packets_(since_answer(packets)) {
    for (std::size_t i = 0; i < packets_.size(); ++i) {
      End& end = packets_[i].from == Side::server ? server_ : client_;
      if (packets_[i].has(fin) && !end.has_fin()) end.fin_at = i;
      if (packets_[i].has(rst) && !end.has_rst()) end.rst_at = i;
    }
  }

  std::vector<First> first() const;
  std::vector<ResetBy> reset_by() const;
  std::vector<TimeWait> time_wait() const;

 private:
  enum class Held { no, maybe, yes };

  bool has_seen_fin(std::size_t packet, const End& of) const;
  std::size_t acknowledged_at(const End& end) const;
  std::size_t over_at() const;
  bool may_have_been_queued(const End& end, const End& other) const;
  Held holds_time_wait(const End& end, const End& other) const;

  std::span<const Packet> packets_;
  End server_{Side::server};
  End client_{Side::client};
};

bool Trace::has_seen_fin(std::size_t packet, const End& of) const {
  return of.has_fin() && acknowledges(packets_[packet], packets_[of.fin_at].end());
}

std::vector<First> Trace::first() const {
  if (!server_.has_closed() && !client_.has_closed()) return {};
  if (!client_.has_closed()) return {server_.first()};
  if (!server_.has_closed()) return {client_.first()};
  if (has_seen_fin(client_.closed_at(), server_)) return {server_.first()};
  if (has_seen_fin(server_.closed_at(), client_)) return {client_.first()};
  if (server_.has_fin() && client_.has_fin()) return {{Side::both, ClosedBy::fin}};
  // An RST crossed a FIN or another RST. Whoever receives an RST sends nothing more, so nothing tells which was first.
  return {server_.first(), client_.first()};
}

std::vector<ResetBy> Trace::reset_by() const {
  std::vector<ResetBy> result;
  if (server_.has_rst()) result.push_back(ResetBy::server);
  if (client_.has_rst()) result.push_back(ResetBy::client);
  if (std::min(server_.rst_at, client_.rst_at) > over_at()) result.push_back(ResetBy::none);
  return result;
}

/// Where in the capture the peer acknowledges the FIN by a segment that is no RST.
std::size_t Trace::acknowledged_at(const End& end) const {
  for (std::size_t i = end.fin_at; i < packets_.size(); ++i) {
    if (packets_[i].from != end.side && !packets_[i].has(rst) && has_seen_fin(i, end)) return i;
  }
  return never;
}

/// Where both FINs have been acknowledged, after which an RST can come.
std::size_t Trace::over_at() const {
  if (!server_.has_fin() || !client_.has_fin()) return end_of_capture;
  return std::min(end_of_capture, std::max(acknowledged_at(server_), acknowledged_at(client_)));
}

/// A FIN that left after the peer's had arrived may have been decided before, and have waited behind data: then the
/// socket went from FIN_WAIT_1 to CLOSING and TIME_WAIT. Nothing on the wire tells. It can only have waited if the
/// peer's window was too small before the peer's FIN, or if data in flight used up the congestion window: what the FIN
/// itself opens or acknowledges comes too late, because the kernel sends after it has taken that in.
bool Trace::may_have_been_queued(const End& end, const End& other) const {
  const Packet& own_fin = packets_[end.fin_at];
  const auto first =
      std::ranges::find_if(packets_, [&](const Packet& each) { return each.from == other.side && each.has(ack); });
  // Up to the FIN; where nothing of its sender's was captured before, the FIN stands for that.
  const auto known = std::max(other.fin_at, static_cast<std::size_t>(first - packets_.begin()) + 1);
  std::uint32_t acknowledged = first->acknowledgement;
  std::uint32_t edge = acknowledged;
  std::uint32_t sent = acknowledged;
  for (const Packet& packet : packets_.first(known)) {
    if (packet.from == end.side) {
      if (is_past(packet.end(), sent)) sent = packet.end();
    } else if (packet.has(ack)) {
      if (is_past(packet.acknowledgement + packet.window, edge)) edge = packet.acknowledgement + packet.window;
      if (is_past(packet.acknowledgement, acknowledged)) acknowledged = packet.acknowledgement;
    }
  }
  const bool data_followed = is_past(own_fin.end() - 1, sent);
  return is_past(own_fin.end(), edge) || (data_followed && is_past(sent, acknowledged));
}

/// TIME_WAIT is entered by whoever sent its FIN before the other's arrived, once both FINs have arrived (RFC 9293
/// §3.6). An RST before that ends it all; one that comes later takes TIME_WAIT away (RFC 1337).
Trace::Held Trace::holds_time_wait(const End& end, const End& other) const {
  if (!end.has_fin() || !other.has_fin() || end.has_rst()) return Held::no;
  const std::size_t acknowledged = acknowledged_at(end);
  if (acknowledged == never) return Held::no;
  const std::size_t entered = std::max(acknowledged, other.fin_at);
  if (other.has_rst() && other.rst_at < entered) return Held::no;
  const bool passive = has_seen_fin(end.fin_at, other);
  if (passive && !may_have_been_queued(end, other)) return Held::no;
  return passive || other.has_rst() ? Held::maybe : Held::yes;
}

std::vector<TimeWait> Trace::time_wait() const {
  const Held server = holds_time_wait(server_, client_);
  const Held client = holds_time_wait(client_, server_);
  std::vector<TimeWait> result;
  if (server != Held::yes && client != Held::yes) result.push_back(TimeWait::none);
  if (server != Held::no && client != Held::yes) result.push_back(TimeWait::server);
  if (server != Held::yes && client != Held::no) result.push_back(TimeWait::client);
  if (server != Held::no && client != Held::no) result.push_back(TimeWait::both);
  return result;
}

}  // namespace

WireVerdict read_wire(std::span<const Packet> packets) {
  const Trace trace(packets);
  return {trace.first(), trace.reset_by(), trace.time_wait()};
}

}  // namespace closelab::testbed
