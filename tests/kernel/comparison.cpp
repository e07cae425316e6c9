#include "tests/kernel/comparison.h"

#include <algorithm>
#include <iomanip>
#include <iterator>
#include <ostream>
#include <ranges>
#include <string>

namespace closelab::kernel_test {
namespace {

constexpr std::size_t most_reports = 30;

template <class Value>
struct Field {
  Value verdict;
  Value no_answer;
  std::vector<Value> wire;
  Source source = Source::syscall;
};

enum class Outcome : std::uint8_t { agreed, wrong, misled, undetermined, missed };

template <class Value>
Outcome judge(const Field<Value>& field, const Conditions& conditions) {
  if (std::ranges::count(field.wire, field.verdict) > 0) return Outcome::agreed;
  if (field.verdict != field.no_answer)
    return conditions.is_lossy && field.source == Source::inferred ? Outcome::misled : Outcome::wrong;
  return field.wire.size() > 1 ? Outcome::undetermined : Outcome::missed;
}

template <class Value>
Outcome count(Tally& tally, const Field<Value>& field, const Conditions& conditions) {
  const Outcome outcome = judge(field, conditions);
  tally.misled += outcome == Outcome::misled;
  tally.agreed += outcome == Outcome::agreed;
  tally.wrong += outcome == Outcome::wrong;
  tally.undetermined += outcome == Outcome::undetermined || outcome == Outcome::missed;
  tally.missed += outcome == Outcome::missed;
  tally.ambiguous += field.wire.size() > 1;
  return outcome;
}

template <class Value>
void add_once(std::vector<Value>& values, Value value) {
  if (std::ranges::count(values, value) == 0) values.push_back(value);
}

/// Where the server's end may find no room for TIME_WAIT.
void add_lacking(std::vector<TimeWait>& held) {
  for (const TimeWait each : std::vector(held)) {
    if (each == TimeWait::server) add_once(held, TimeWait::none);
    if (each == TimeWait::both) add_once(held, TimeWait::client);
  }
}

/// How many bytes of the server's the client's kernel has acknowledged.
std::uint32_t acknowledged_by_client(const std::vector<Packet>& packets) {
  const auto answer = std::ranges::find_if(
      packets, [](const Packet& packet) { return packet.from == Side::server && packet.has(testbed::syn); });
  if (answer == packets.end()) return 0;
  std::int32_t most = 0;
  for (const Packet& packet : packets) {
    if (packet.from != Side::client || !packet.has(testbed::ack)) continue;
    most = std::max(most, static_cast<std::int32_t>(packet.acknowledgement - (answer->sequence + 1)));
  }
  return static_cast<std::uint32_t>(most);
}

Field<Side> closed_first(const Verdict& verdict, const WireVerdict& wire) {
  Field<Side> field{verdict.closed_first, Side::undetermined, {}, verdict.closed_first_source};
  for (const First& first : wire.first) add_once(field.wire, first.side);
  return field;
}

/// With what the side did it that the verdict names.
Field<ClosedBy> closed_by(const Verdict& verdict, const WireVerdict& wire) {
  Field<ClosedBy> field{verdict.closed_by, ClosedBy::undetermined, {}, verdict.closed_first_source};
  for (const First& first : wire.first) {
    const bool named = first.side == verdict.closed_first || verdict.closed_first == Side::undetermined;
    if (named) add_once(field.wire, first.by);
  }
  return field;
}

const fact::Sampled* sample_at(const std::vector<Evidence>& evidence, SampleMoment moment) {
  for (const Evidence& each : evidence) {
    const auto* sample = each.as<fact::Sampled>();
    if (sample != nullptr && sample->moment == moment) return sample;
  }
  return nullptr;
}

template <class What>
bool has(const std::vector<Evidence>& evidence) {
  return find<What>(evidence) != nullptr;
}

/// stop() ends the lookups 50 ms later; our end was still on its way then.
bool stopped_early(const std::vector<Evidence>& evidence) {
  const auto reversed = evidence | std::views::reverse;
  const auto last = std::ranges::find_if(reversed, &Evidence::is<fact::OwnSocket>);
  if (last == reversed.end()) return false;
  const TcpState own = last->as<fact::OwnSocket>()->state;
  return own != TcpState::closed && own != TcpState::time_wait;
}

/// What came of the client while it could not be received, because an RST of ours was to follow; or it was on its way
/// then.
bool missed_something(const std::vector<Evidence>& evidence) {
  const auto stopped = std::ranges::find_if(evidence, &Evidence::is<fact::StoppedReceiving>);
  if (stopped != evidence.end() && std::next(stopped) != evidence.end()) {
    const auto* peer = std::next(stopped)->as<fact::PeerSocket>();
    if (peer != nullptr && peer->state != TcpState::established) return true;
  }
  const auto* aborted = find<fact::Aborted>(evidence);
  const auto* closed = find<fact::Closed>(evidence);
  return (aborted != nullptr && aborted->missed > 0) || (closed != nullptr && closed->missed > 0);
}

/// Why our side can't know what the wire shows, if its evidence is of that kind; else empty. No system call tells
///  - what the client sent, FIN or RST, while our RST was under way;
///  - when a FIN left that had to wait behind data;
///  - what came in which order while shutdown() ran, when that was the client's FIN and more;
///  - in what order the FINs went, when an RST after them has ended TIME_WAIT;
///  - what comes after close(): an RST alone, and one after a FIN that crossed ours, leave no trace.
std::string_view limit_of_user_space(const ConnectionRecord& record, const WireVerdict& wire, std::string_view field) {
  const std::vector<Evidence>& evidence = record.evidence;
  if (has<fact::TupleReused>(evidence)) return "a newer connection had the same addresses and ports";
  if (field == "time_wait") return stopped_early(evidence) ? "the server had stopped before the states were final" : "";
  if (field == "reset_by") return "reset_by: an RST after the FINs or after close() is not reported";
  if (missed_something(evidence)) return "a FIN or an RST came while ours was sent";
  const fact::Sampled* const before = sample_at(evidence, SampleMoment::before_fin);
  const fact::Sampled* const after = sample_at(evidence, SampleMoment::after_fin);
  if (before == nullptr || after == nullptr) return {};
  if (after->unsent > 0 || before->unacked >= before->window) return "our FIN had to wait behind data";
  const bool over_at_once = after->state == TcpState::closed;
  const bool more_came = after->segments_in - before->segments_in > 2 || has<fact::PendingError>(evidence);
  if (over_at_once && more_came) return "more than a FIN came while shutdown() ran";
  if (wire.reset_by.front() == ResetBy::none || record.verdict.time_wait != TimeWait::none) return {};
  if (over_at_once || has<fact::ReceivedFin>(evidence)) return "an RST after the FINs ended TIME_WAIT";
  return has<fact::ReceiveFailed>(evidence) ? "" : "an RST came after shutdown() and close()";
}

template <class Value>
void print_values(std::ostream& out, const std::vector<Value>& values) {
  for (const Value& value : values) out << ' ' << value;
}

}  // namespace

void Comparison::compare(const Performance& performance, const Connections& captured) {
  struct Matched {
    std::vector<const Played*> played;
    std::vector<const ConnectionRecord*> records;
  };
  std::map<Ends, Matched> matched;
  for (const Played& played : performance.played) matched[played.ends].played.push_back(&played);
  for (const ConnectionRecord& record : performance.records) {
    matched[{plain(record.client), plain(record.server)}].records.push_back(&record);
  }
  for (auto& [ends, match] : matched) {
    std::ranges::sort(match.played, {}, &Played::connected_at);
    const auto found = captured.find(ends);
    const std::size_t seen = found != captured.end() ? found->second.size() : 0;
    const bool has_failed =
        std::ranges::any_of(match.played, [](const Played* each) { return !each->failure.empty(); });
    if (conditions_.is_lossy && match.records.empty() && !has_failed) continue;  // never accepted
    if (match.played.size() != seen || match.records.size() != seen) {
      ++failures_;
      out_ << to_string(ends.client) << " -> " << to_string(ends.server) << ": " << match.played.size() << " played, "
           << match.records.size() << " recorded, " << seen << " captured\n";
      for (const Played* played : match.played) out_ << "  " << played->ending->name << ' ' << played->failure << '\n';
      for (std::size_t i = 0; has_failed && i < seen; ++i) out_ << std::span<const Packet>(found->second[i]);
      continue;
    }
    for (std::size_t i = 0; i < seen; ++i) compare_one(*match.played[i], *match.records[i], found->second[i]);
  }
}

void Comparison::compare_one(const Played& played, const ConnectionRecord& record, const std::vector<Packet>& packets) {
  const Ending& ending = *played.ending;
  WireVerdict wire = read_wire(packets);
  if (ending.time_wait) wire.time_wait = {*ending.time_wait};
  if (conditions_.lacks_time_wait) {
    add_lacking(wire.time_wait);
    // Of an end that is gone before the client's FIN the verdict is settled; the FIN draws an RST after that.
    add_once(wire.reset_by, ResetBy::none);
  }
  Row& row = rows_[&ending];
  ++row.connections;
  const Verdict& verdict = record.verdict;
  ++sides_[verdict.closed_first];
  const std::array outcomes{
      count(row.tallies[0], closed_first(verdict, wire), conditions_),
      count(row.tallies[1], closed_by(verdict, wire), conditions_),
      count(row.tallies[2], Field<ResetBy>{verdict.reset_by, ResetBy::undetermined, wire.reset_by}, conditions_),
      count(row.tallies[3],
            Field<TimeWait>{verdict.time_wait, TimeWait::unknown, wire.time_wait, verdict.time_wait_source},
            conditions_)};
  count_reasons(verdict, row);
  check_retries(ending, record, packets, wire);
  row.wrong += std::ranges::count(outcomes, Outcome::wrong) > 0;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (outcomes[i] == Outcome::wrong) {
      ++failures_;
      report("wrong " + std::string(fields[i]), ending, record, packets, wire);
    } else if (outcomes[i] == Outcome::missed) {
      explain(ending, record, packets, wire, fields[i]);
    }
  }
  if (!played.failure.empty()) {
    ++failures_;
    report(played.failure + ":", ending, record, packets, wire);
  }
  if (std::ranges::count(ending.reasons, record.close_reason) == 0) {
    ++failures_;
    report("unexpected close_reason " + std::string(to_string(record.close_reason)), ending, record, packets, wire);
  }
}

void Comparison::count_reasons(const Verdict& verdict, Row& row) {
  const bool is_undetermined = verdict.closed_first == Side::undetermined;
  const bool is_unknown = verdict.time_wait == TimeWait::unknown;
  row.not_known += is_undetermined || is_unknown;
  if (is_undetermined) ++reasons_[{"closed_first", verdict.undetermined_because}];
  if (is_unknown) ++reasons_[{"time_wait", verdict.time_wait_unknown_because}];
}

/// An answer that needs no second request has been acknowledged to its last byte.
void Comparison::check_retries(const Ending& ending, const ConnectionRecord& record, const std::vector<Packet>& packets,
                               const WireVerdict& wire) {
  const std::uint64_t acknowledged = acknowledged_by_client(packets);
  for (const RequestRecord& request : record.requests) {
    ++retries_[request.retry];
    if (request.retry != Retry::not_needed || request.answer_end <= acknowledged) continue;
    ++failures_;
    report("retry not_needed, though the client has acknowledged " + std::to_string(acknowledged) + " of " +
               std::to_string(request.answer_end) + " bytes,",
           ending, record, packets, wire);
  }
}

void Comparison::explain(const Ending& ending, const ConnectionRecord& record, const std::vector<Packet>& packets,
                         const WireVerdict& wire, std::string_view field) {
  const std::string_view cause = limit_of_user_space(record, wire, field);
  if (field != "closed_by") ++causes_[cause];  // it goes with closed_first
  if (!cause.empty()) return;
  if (++unexplained_ > most_reports) return;
  report("undetermined " + std::string(field), ending, record, packets, wire);
}

void Comparison::report(std::string_view what, const Ending& ending, const ConnectionRecord& record,
                        const std::vector<Packet>& packets, const WireVerdict& wire) {
  // What is undetermined must not keep a failure from being told.
  if (failures_ > most_reports) return;
  out_ << "\n== " << what << " in \"" << ending.name << "\"\n" << record << "reset_by " << record.verdict.reset_by;
  out_ << "\nthe wire: first";
  for (const First& first : wire.first) out_ << ' ' << first.side << " by " << first.by;
  out_ << ", reset_by";
  print_values(out_, wire.reset_by);
  out_ << ", time_wait";
  print_values(out_, wire.time_wait);
  out_ << '\n' << std::span<const Packet>(packets);
}

void Comparison::print_table() const {
  out_ << "\n== " << conditions_.name
       << "\nagreed/undetermined/ambiguous on the wire; +n: undetermined although the wire is clear; "
       << "?n: inferred, and wrong; !n: wrong\n"
       << std::left << std::setw(52) << "ending" << std::right << std::setw(7) << "count";
  for (const std::string_view field : fields) out_ << std::setw(20) << field;
  out_ << '\n';
  Row total;
  const auto print = [this](std::string_view name, const Row& row) {
    out_ << std::left << std::setw(52) << name << std::right << std::setw(7) << row.connections;
    for (const Tally& tally : row.tallies) {
      std::string text = std::to_string(tally.agreed) + '/' + std::to_string(tally.undetermined) + '/' +
                         std::to_string(tally.ambiguous);
      if (tally.missed > 0) text += " +" + std::to_string(tally.missed);
      if (tally.misled > 0) text += " ?" + std::to_string(tally.misled);
      if (tally.wrong > 0) text += " !" + std::to_string(tally.wrong);
      out_ << std::setw(20) << text;
    }
    out_ << '\n';
  };
  for (const auto& [ending, row] : rows_) {
    print(ending->name, row);
    total.connections += row.connections;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      total.tallies[i].agreed += row.tallies[i].agreed;
      total.tallies[i].wrong += row.tallies[i].wrong;
      total.tallies[i].undetermined += row.tallies[i].undetermined;
      total.tallies[i].missed += row.tallies[i].missed;
      total.tallies[i].ambiguous += row.tallies[i].ambiguous;
      total.tallies[i].misled += row.tallies[i].misled;
    }
  }
  print("total", total);
  out_ << "closed first:";
  for (const auto& [side, times] : sides_) out_ << ' ' << side << ' ' << times;
  out_ << '\n';
  for (const auto& [cause, times] : causes_) {
    if (!cause.empty()) out_ << "undetermined although the wire is clear, " << times << " times: " << cause << '\n';
  }
}

}  // namespace closelab::kernel_test
