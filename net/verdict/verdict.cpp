#include <algorithm>
#include <array>
#include <ostream>

#include "net/verdict/verdict_text.h"

namespace closelab {

std::optional<std::chrono::milliseconds> Verdict::time_wait_remaining(std::chrono::steady_clock::time_point now) const {
  if (!time_wait_until || time_wait_gone) return std::nullopt;
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(*time_wait_until - now), std::chrono::milliseconds(0));
}

std::string_view to_string(Side side) {
  static constexpr std::array<std::string_view, 4> names{"undetermined", "server", "client", "both"};
  return names[static_cast<std::size_t>(side)];
}

std::string_view to_string(ClosedBy closed_by) {
  static constexpr std::array<std::string_view, 4> names{"undetermined", "fin", "rst", "timeout"};
  return names[static_cast<std::size_t>(closed_by)];
}

std::string_view to_string(ResetBy reset_by) {
  static constexpr std::array<std::string_view, 4> names{"undetermined", "none", "server", "client"};
  return names[static_cast<std::size_t>(reset_by)];
}

std::string_view to_string(TimeWait time_wait) {
  static constexpr std::array<std::string_view, 5> names{"unknown", "none", "server", "client", "both"};
  return names[static_cast<std::size_t>(time_wait)];
}

namespace {

struct Because {
  std::string_view name;
  std::string_view text;
};

/// By UnknownBecause.
constexpr std::array<Because, 13> reasons{{
    {"none", "it is known"},
    {"open", "the connection has not ended yet"},
    {"fins_may_have_crossed", "both had closed before anybody looked, so that their FINs may have crossed"},
    {"fin_was_queued", "our FIN waited behind data, and the client's may have overtaken it"},
    {"abort_raced", "our RST may have met a FIN or RST of the client's, and our kernel does not tell which left first"},
    {"ended_behind_close", "it ended after close(), and nobody looked at what came"},
    {"ends_crossed", "an RST crossed a FIN or RST of the other side, and nothing on the wire tells which left first"},
    {"client_is_remote", "the client's end is on another machine"},
    {"not_looked_up", "the kernel was not asked (lookups are off, or were skipped)"},
    {"lookup_failed", "the kernel could not be asked"},
    {"tuple_reused", "a newer connection has its addresses and ports"},
    {"packets_missed", "packets of it were not captured, and nothing else tells"},
    {"not_awaited", "the server stopped before our end had come to its final state"},
}};

}  // namespace

std::string_view to_string(UnknownBecause because) { return reasons[static_cast<std::size_t>(because)].name; }

std::string_view describe(UnknownBecause because) { return reasons[static_cast<std::size_t>(because)].text; }

namespace {

std::string closed_first_text(const Verdict& verdict) {
  static constexpr std::array<std::string_view, 4> how{"", ", by FIN", ", by RST", ", by a timeout of the kernel"};
  const std::string suffix(how[static_cast<std::size_t>(verdict.closed_by)]);
  switch (verdict.closed_first) {
    case Side::server:
      return "the server closed first" + suffix;
    case Side::client:
      return "the client closed first" + suffix;
    case Side::both:
      return "both closed at once: their FINs crossed";
    case Side::undetermined:
      break;
  }
  return "who closed first is undetermined: " + std::string(describe(verdict.undetermined_because));
}

std::string time_wait_text(const Verdict& verdict) {
  // Our end was seen in it, the client's can't be.
  const bool at_least_ours = verdict.time_wait == TimeWait::unknown && verdict.time_wait_until;
  std::string text =
      "TIME_WAIT: " + std::string(at_least_ours ? "server, perhaps client too" : to_string(verdict.time_wait));
  const bool held = verdict.time_wait != TimeWait::none && verdict.time_wait != TimeWait::unknown;
  if (held && verdict.time_wait_source == Source::inferred) text += " (inferred)";
  if (verdict.time_wait == TimeWait::unknown && !at_least_ours)
    text += " (" + std::string(describe(verdict.time_wait_unknown_because)) + ')';
  if (verdict.time_wait_gone) return text + ", gone before its time (taken over, or ended by an RST)";
  if (const auto left = verdict.time_wait_remaining()) {
    const auto tenths = left->count() / 100;
    text += ", " + std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " s left";
  }
  return text;
}

/// The end that was left open when the other was gone.
std::string left_open_text(const Verdict& verdict) {
  if (verdict.server_left_in != TcpState::unknown)
    return "the client's end is gone, and ours stays in " + std::string(to_string(verdict.server_left_in)) +
           " until the kernel gives it up";
  if (verdict.client_left_in == TcpState::unknown) return "";
  const std::string state(to_string(verdict.client_left_in));
  if (verdict.client_left_in != TcpState::close_wait) return "the client's end is still in " + state;
  return "the client has not closed: its end is in " + state + ", and the kernel gave our FIN_WAIT_2 up";
}

/// A FIN leaves TIME_WAIT with whoever sent it first, unless something takes it away.
std::string missing_time_wait_text(const Verdict& verdict) {
  const bool is_left = verdict.client_left_in != TcpState::unknown || verdict.server_left_in != TcpState::unknown;
  const bool missing = verdict.closed_by == ClosedBy::fin && verdict.time_wait == TimeWait::none &&
                       verdict.time_wait_source == Source::sock_diag && !is_left;
  if (missing && verdict.reset_by == ResetBy::undetermined)
    return "then an RST that our side could not see (or net.ipv4.tcp_max_tw_buckets was reached)";
  const bool without_reset = missing && verdict.reset_by == ResetBy::none;
  return without_reset ? "no RST came, and TIME_WAIT is missing (net.ipv4.tcp_max_tw_buckets may have been reached)"
                       : "";
}

/// An RST after the FIN with which the end began.
std::string reset_text(const Verdict& verdict) {
  if (verdict.closed_by != ClosedBy::fin) return "";
  if (verdict.reset_by == ResetBy::server) return "then the server's RST";
  return verdict.reset_by == ResetBy::client ? "then the client's RST" : "";
}

std::string risk_text(const Verdict& verdict) {
  if (verdict.bytes_at_risk.value_or(0) == 0) return "";
  return "up to " + std::to_string(*verdict.bytes_at_risk) + " bytes of the response may be lost";
}

}  // namespace

std::string describe(const Verdict& verdict) {
  const net::VerdictClauses clauses = net::clauses_of(verdict);
  return net::joined({clauses.closed_first, clauses.consequences, clauses.time_wait});
}

net::VerdictClauses net::clauses_of(const Verdict& verdict) {
  return {closed_first_text(verdict),
          joined({reset_text(verdict), left_open_text(verdict), missing_time_wait_text(verdict), risk_text(verdict)}),
          time_wait_text(verdict)};
}

std::string net::joined(std::initializer_list<std::string> clauses) {
  std::string text;
  for (const std::string& clause : clauses)
    if (!clause.empty()) text += (text.empty() ? "" : "; ") + clause;
  return text;
}

std::ostream& operator<<(std::ostream& out, Side side) { return out << to_string(side); }
std::ostream& operator<<(std::ostream& out, ClosedBy closed_by) { return out << to_string(closed_by); }
std::ostream& operator<<(std::ostream& out, ResetBy reset_by) { return out << to_string(reset_by); }
std::ostream& operator<<(std::ostream& out, TimeWait time_wait) { return out << to_string(time_wait); }
std::ostream& operator<<(std::ostream& out, UnknownBecause because) { return out << to_string(because); }
std::ostream& operator<<(std::ostream& out, const Verdict& verdict) { return out << describe(verdict); }

}  // namespace closelab
