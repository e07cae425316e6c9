#include "tests/faults/observation.h"

#include <algorithm>
#include <sstream>

#include "net/testbed/wire_verdict.h"
#include "tests/faults/server_stream.h"
#include "tests/faults/wire.h"

namespace closelab::faults {
namespace {

using std::chrono::nanoseconds;

/// Where a field's pause begins and where it ends, as the packets show it.
class PaceMeter {
 public:
  PaceMeter(const Visit& visit, const ServerStream& stream, WallClock::time_point opened_at)
      : visit_(visit), stream_(stream), opened_at_(opened_at.time_since_epoch()) {}

  Pace pace() const {
    const Cell& cell = visit_.cell();
    const auto* expect = std::get_if<ExpectAction>(&cell.action);
    const bool is_late = expect != nullptr && expect->kind == ExpectAction::Kind::late;
    if (is_late || std::holds_alternative<DelayAction>(cell.action)) return late(begin(), first_behind(), delay_time);
    if (std::holds_alternative<SlowAction>(cell.action)) return slow();
    const CloseMode* mode = mode_of(cell);
    if (mode == nullptr) return Pace::at_once;
    if (*mode == CloseMode::deferred) return late(begin(), stream_.fin, close_times.deferred_time);
    const bool pauses = *mode == CloseMode::delayed && stream_.rst;
    return pauses ? late(stream_.fin, stream_.rst, close_times.delayed_time) : Pace::at_once;
  }

 private:
  /// How much the server had sent when the rule acted.
  std::size_t position() const {
    const At at = visit_.cell().at();
    if (at < At::response_headers) return 0;
    if (at == At::response_wire) return wire_bytes;
    if (at > At::response_body) return second_response(visit_.received());
    return first_body(visit_.received()) + (at == At::response_body ? trigger_bytes : 0);
  }

  /// When it acted at the earliest.
  std::optional<nanoseconds> begin() const {
    if (visit_.cell().at() == At::next_request) return stream_.second_request;
    const ServerStream::Piece* last = stream_.before(position());
    if (visit_.cell().at() < At::response_headers) return opened_at_;
    return last != nullptr ? std::optional(last->at) : std::nullopt;
  }

  /// The response that the rule has to do with.
  std::vector<ServerStream::Piece> behind() const {
    const bool is_second = visit_.cell().at() > At::response_wire;
    return stream_.between(position(), is_second ? stream_.sent : second_response(visit_.received()));
  }

  std::optional<nanoseconds> first_behind() const {
    const auto behind = this->behind();
    return !behind.empty() ? std::optional(behind.front().at) : std::nullopt;
  }

  static Pace late(std::optional<nanoseconds> from, std::optional<nanoseconds> to, nanoseconds least) {
    return from && to && *to - *from >= least ? Pace::late : Pace::hurried;
  }

  Pace slow() const {
    const auto pieces = behind();
    const bool small = std::ranges::all_of(pieces, [](const auto& piece) { return piece.bytes <= faults::pace.bytes; });
    const auto quick = [](const auto& one, const auto& next) { return next.at - one.at < faults::pace.every; };
    return small && std::ranges::adjacent_find(pieces, quick) == pieces.end() ? Pace::slow : Pace::hurried;
  }

  const Visit& visit_;
  const ServerStream& stream_;
  nanoseconds opened_at_;
};

Sent sent_by(const ServerStream& stream) {
  if (!stream.rst) return stream.fin ? Sent::fin : Sent::nothing;
  return stream.fin ? Sent::fin_then_rst : Sent::rst;
}

class Witnesses {
 public:
  template <class A, class B>
  void must_agree(std::string_view what, const A& one, const B& other) {
    if (one == other) return;
    std::ostringstream text;
    text << what << ": " << one << " against " << other;
    contradictions.push_back(text.str());
  }

  std::vector<std::string> contradictions;
};

void compare_bytes(Witnesses& witnesses, const Visit& visit, const ServerStream& stream,
                   const ConnectionRecord& record) {
  witnesses.must_agree("bytes that the client got, and that were sent", visit.received().size(), stream.sent);
  witnesses.must_agree("bytes that were sent, and acknowledged", stream.sent, stream.acknowledged);
  // What a rule says stands between.
  if (visit.cell().action.index() > Action(SlowAction{}).index()) return;
  const auto parts = parts_of(visit.received());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::uint64_t recorded = i < record.requests.size() ? record.requests[i].response_body_bytes : 0;
    witnesses.must_agree("body bytes that the client got, and that were recorded", parts[i].body, recorded);
  }
}

void compare_rules(Witnesses& witnesses, const Visit& visit, const ConnectionRecord& record) {
  // An answer in the handler's place ends the connection when it has been sent.
  const bool ends_later = std::holds_alternative<AnswerAction>(visit.cell().action) &&
                          end_of(visit.cell()) != nullptr && is_asked(visit.cell().at());
  witnesses.must_agree("rules that fired", record.rules_fired.size(), ends_later ? 2U : 1U);
  if (record.rules_fired.empty()) return;
  const RuleFiring& firing = record.rules_fired.front();
  witnesses.must_agree("request at which the rule fired", firing.request_number,
                       visit.cell().at() == At::accept ? 0U : 1U);
}

/// The verdict against the packets, by the reading that the kernel test uses too.
void compare_verdict(Witnesses& witnesses, const Outcome& outcome, const testbed::WireVerdict& wire) {
  const testbed::First first{outcome.closed_first, outcome.closed_by};
  witnesses.must_agree("closed_first and closed_by as on the wire", std::ranges::count(wire.first, first), 1);
  witnesses.must_agree("time_wait as on the wire", std::ranges::count(wire.time_wait, outcome.time_wait), 1);
}

/// What the packets say, if the record agrees. They may leave it open: an RST, the answer to an ACK that was delayed
/// into TIME_WAIT, can end it right away (RFC 1337), and then the last of them is what it was before. What a stop cuts
/// short is not looked at for long.
TimeWait time_wait_of(const ConnectionRecord& record, bool silent, const testbed::WireVerdict& wire) {
  const TimeWait recorded = record.verdict.time_wait;
  const bool agrees = std::ranges::count(wire.time_wait, recorded) > 0 || (silent && recorded == TimeWait::unknown);
  return agrees ? wire.time_wait.back() : recorded;
}

}  // namespace

Observation observe(const Played& played, std::size_t index, std::span<const testbed::Packet> packets) {
  const Visit& visit = *played.visits[index];
  const ConnectionRecord& record = played.records[index];
  const ServerStream stream = read_stream(packets);
  const testbed::WireVerdict wire = testbed::read_wire(packets);
  Outcome outcome;
  outcome.wire = with_one_date(visit.received());
  outcome.saw = visit.saw();
  outcome.silent = visit.ended_at() >= played.stopped_at;
  outcome.sent = sent_by(stream);
  outcome.pace = PaceMeter(visit, stream, played.opened_at).pace();
  outcome.close_reason = record.close_reason;
  outcome.closed_first = record.verdict.closed_first;
  outcome.closed_by = record.verdict.closed_by;
  outcome.time_wait = time_wait_of(record, outcome.silent, wire);
  outcome.retry = record.retry;
  outcome.requests = record.request_count;
  for (const RuleFiring& firing : record.rules_fired) outcome.said_bytes += firing.said_bytes;

  Witnesses witnesses;
  compare_bytes(witnesses, visit, stream, record);
  compare_rules(witnesses, visit, record);
  compare_verdict(witnesses, outcome, wire);
  return {outcome, std::move(witnesses.contradictions)};
}

}  // namespace closelab::faults
