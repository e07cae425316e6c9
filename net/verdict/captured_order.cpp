#include "net/verdict/captured_order.h"

namespace closelab::net {
namespace {

/// Sequence numbers wrap (RFC 9293 §3.4).
bool is_past(std::uint32_t a, std::uint32_t b) { return static_cast<std::int32_t>(a - b) > 0; }

/// What one side sent to end the connection.
struct End {
  /// The sequence number after its FIN.
  std::optional<std::uint32_t> fin_end{};
  /// The least that a FIN, or an RST, of its acknowledged: a FIN that is sent again acknowledges what has come since.
  std::optional<std::uint32_t> acknowledged_by_fin{};
  std::optional<std::uint32_t> acknowledged_by_rst{};
  bool rst = false;
  bool rst_without_ack = false;

  bool has_closed() const { return fin_end || rst; }
  /// A socket that has sent an RST is gone and sends no FIN, so that a FIN is always the earlier. An RST without an ACK
  /// answers a segment for which there is no socket any more (RFC 9293 §3.10.7.1): what ended that one was lost.
  ClosedBy closed_by() const {
    if (fin_end) return ClosedBy::fin;
    return acknowledged_by_rst ? ClosedBy::rst : ClosedBy::undetermined;
  }
  /// Unset after an RST without an ACK: what had come is not known.
  const std::optional<std::uint32_t>& acknowledged() const {
    return fin_end ? acknowledged_by_fin : acknowledged_by_rst;
  }
};

void keep_least(std::optional<std::uint32_t>& least, std::uint32_t number) {
  if (!least || is_past(*least, number)) least = number;
}

void add(End& end, const fact::Segment& segment) {
  if (segment.fin && !end.fin_end) end.fin_end = segment.end();
  if (segment.fin && segment.ack) keep_least(end.acknowledged_by_fin, segment.acknowledgement);
  if (segment.rst && segment.ack) keep_least(end.acknowledged_by_rst, segment.acknowledgement);
  end.rst = end.rst || segment.rst;
  end.rst_without_ack = end.rst_without_ack || (segment.rst && !segment.ack);
}

/// Up to where the client had received what the server sent. An RST without an ACK that answers a segment has the
/// number that this one acknowledged (RFC 9293 §3.10.7.1).
std::optional<std::uint32_t> received_up_to(const fact::Segment& segment) {
  if (segment.from == Sender::client && segment.ack) return segment.acknowledgement;
  const bool answers = segment.from == Sender::server && segment.rst && !segment.ack;
  return answers ? std::optional(segment.sequence) : std::nullopt;
}

void keep_most(std::optional<std::uint32_t>& most, std::optional<std::uint32_t> number) {
  if (number && (!most || is_past(*number, *most))) most = number;
}

std::optional<std::uint32_t> unacknowledged(const End& server, std::optional<std::uint32_t> received) {
  if (!server.fin_end || !received) return std::nullopt;
  const std::uint32_t data_end = *server.fin_end - 1;
  return is_past(data_end, *received) ? data_end - *received : 0;
}

/// Was the first FIN or RST of `end` sent when the other's FIN had arrived?
bool closed_after(const End& end, const End& other) {
  return other.fin_end && end.acknowledged() && !is_past(*other.fin_end, *end.acknowledged());
}

/// Bytes of the client's came after the server's FIN or RST had left, and before the client's FIN.
bool sent_before_its_fin(const End& client, const End& server) {
  return client.fin_end && server.acknowledged() && is_past(*client.fin_end - 1, *server.acknowledged());
}

/// An RST of the server's without an ACK answers what found no socket: data, after our FIN, because FIN_WAIT_1 and
/// FIN_WAIT_2 take in a bare ACK; or the client's FIN, when that brought nothing else.
LateSegment late_segment(const End& server, const End& client) {
  if (!server.rst_without_ack) return LateSegment::none;
  if (client.fin_end) return sent_before_its_fin(client, server) ? LateSegment::data : LateSegment::none;
  return server.fin_end && !server.acknowledged_by_rst ? LateSegment::data : LateSegment::perhaps;
}

Side first_side(const End& server, const End& client) {
  if (!client.has_closed()) return Side::server;
  if (!server.has_closed()) return Side::client;
  if (closed_after(client, server)) return Side::server;
  if (closed_after(server, client)) return Side::client;
  return server.fin_end && client.fin_end ? Side::both : Side::undetermined;
}

ClosedBy closed_by(Side first, const End& server, const End& client) {
  switch (first) {
    case Side::undetermined:
      return server.closed_by() == client.closed_by() ? server.closed_by() : ClosedBy::undetermined;
    case Side::client:
      return client.closed_by();
    case Side::server:
    case Side::both:
      break;
  }
  return server.closed_by();
}

}  // namespace

std::optional<CapturedOrder> captured_order(std::span<const Evidence> evidence) {
  End server;
  End client;
  CapturedOrder order;
  std::optional<std::uint32_t> received;
  for (const Evidence& each : evidence) {
    if (each.is<fact::CaptureIncomplete>()) return std::nullopt;
    const auto* segment = each.as<fact::Segment>();
    if (segment == nullptr) continue;
    const bool from_server = segment->from == Sender::server;
    add(from_server ? server : client, *segment);
    keep_most(received, received_up_to(*segment));
    if (segment->rst && order.reset_by == ResetBy::none)
      order.reset_by = from_server ? ResetBy::server : ResetBy::client;
  }
  if (!server.has_closed() && !client.has_closed()) return std::nullopt;
  order.closed_first = first_side(server, client);
  order.closed_by = closed_by(order.closed_first, server, client);
  order.both_fins = server.fin_end && client.fin_end;
  order.unacknowledged = unacknowledged(server, received);
  order.late = late_segment(server, client);
  order.client_fin_may_have_waited = closed_after(client, server) && sent_before_its_fin(client, server);
  order.client_closed_actively = client.fin_end && !closed_after(client, server);
  return order;
}

}  // namespace closelab::net
