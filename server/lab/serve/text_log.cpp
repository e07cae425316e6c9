// Lines for people: one for each request, and a paragraph with a ladder when a connection has settled.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <iterator>
#include <sstream>

#include "net/verdict/verdict_text.h"
#include "server/lab/serve/log.h"
#include "server/lab/settings/word_wrap.h"
#include "server/record/end_reason.h"
#include "server/record/ladder.h"
#include "server/text/printable.h"

namespace closelab::lab {
namespace {

constexpr std::string_view indent = "              ";

std::string clock_text(std::chrono::system_clock::time_point moment) {
  const auto time = std::chrono::floor<std::chrono::milliseconds>(moment);
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return fmt::format("{:02}:{:02}:{:02}.{:03}", local.tm_hour, local.tm_min, local.tm_sec,
                     time.time_since_epoch().count() % 1000);
}

/// The time of day of something that happened that long after accept().
std::string clock_text(const ConnectionRecord& record, std::chrono::nanoseconds at) {
  return clock_text(record.accepted_at + std::chrono::floor<std::chrono::microseconds>(at));
}

/// What becomes of the connection after the answer: `keep`, or `close` and why. After an answer without an end
/// nothing is kept: the connection has ended there, as the line of its end tells.
std::string persistence_text(const ConnectionRecord& record, const RequestRecord& request) {
  const Persistence& persistence = request.persistence;
  if (persistence.decision == Persistence::Decision::keep) return request.answered_at.count() == 0 ? "" : "  keep";
  if (!record.refusal.empty()) return fmt::format("  close: refused: {}", record.refusal);
  return fmt::format("  close: {}", describe(persistence.reason));
}

std::string request_text(const RequestRecord& request) {
  if (request.method.empty()) return "(refused)";
  const std::string version = to_string(request.version);
  return fmt::format("{} {}{}{}", server::printable(request.method), server::printable(request.target),
                     version.empty() ? "" : " ", version);
}

std::string answer_text(const RequestRecord& request) {
  if (request.status == 0) return "unanswered";
  if (request.answered_at.count() == 0) return fmt::format("{}, cut short", request.status);
  const auto took = std::chrono::duration<double, std::milli>(request.answered_at - request.received_at);
  return fmt::format("{} {}  {}  {:.3f} ms", request.status, reason_phrase(request.status),
                     server::counted(request.response_body_bytes, "byte"), took.count());
}

/// How our side ended it, when that is not the usual way.
std::string mode_text(const ConnectionRecord& record) {
  if (record.close_mode == CloseMode::lingering || record.close_reason == CloseReason::peer_closed) return "";
  return fmt::format("; close mode {}", to_string(record.close_mode));
}

/// Ends that no request's line has announced.
bool is_news(CloseReason reason) {
  return reason == CloseReason::idle_timeout || reason == CloseReason::rule || reason == CloseReason::command;
}

/// Why the server ended it, or would have; of a rule, what it did.
std::string reason_text(const ConnectionRecord& record) {
  std::string reason(describe(record.close_reason));
  if (record.close_reason != CloseReason::rule || record.rules_fired.empty()) return reason;
  std::ostringstream rule;
  rule << record.rules_fired.back();
  return fmt::format("{} ({})", reason, server::printable(rule.str()));
}

/// Why the side that closed first did: the client's program alone knows, but what the server was about to do does no
/// longer matter then.
std::string because_text(const ConnectionRecord& record) {
  const bool is_client = record.verdict.closed_first == Side::client;
  const bool is_ours = server::is_reason_for_end(record);
  if (is_client && record.close_reason != CloseReason::peer_closed && record.close_reason != CloseReason::peer_reset)
    return fmt::format("the client chose to; the server would have closed because {}", reason_text(record));
  return is_ours || !is_client ? reason_text(record) + mode_text(record) : reason_text(record);
}

/// Whether the client may send again what was not answered (RFC 9112 §9.3.1).
std::string retry_text(const ConnectionRecord& record) {
  if (record.retry == Retry::if_idempotent)
    return "only an idempotent request: a handler got it, and its response was not sent in full";
  std::string text = "safe: no handler got the request";
  const auto is_safe = [](const RequestRecord& request) { return request.retry == Retry::safe; };
  if (std::ranges::any_of(record.requests, is_safe)) return text;
  const std::string after = record.requests.empty() ? "" : " after the last one";
  if (record.retry_source == Source::inferred) return text + " that may have been sent" + after;
  return record.requests.empty() ? text : text + " that came" + after;
}

/// The verdict but for TIME_WAIT, which has a line of its own.
std::string who_closed(const Verdict& verdict) {
  const net::VerdictClauses clauses = net::clauses_of(verdict);
  return net::joined({clauses.closed_first, clauses.consequences});
}

std::string remaining_text(const Verdict& verdict) {
  const auto remaining = verdict.time_wait_remaining();
  if (!remaining) return "";
  return fmt::format(", {:.1f} s left", std::chrono::duration<double>(*remaining).count());
}

/// Who holds TIME_WAIT, the holder's own endpoint first, as `ss` prints it.
std::string time_wait_text(const ConnectionRecord& record) {
  const std::string server = to_string(record.server);
  const std::string client = to_string(record.client);
  const std::string how =
      fmt::format("{} ({})", remaining_text(record.verdict), to_string(record.verdict.time_wait_source));
  switch (record.verdict.time_wait) {
    case TimeWait::server:
      return fmt::format("server: {} -> {}{}", server, client, how);
    case TimeWait::client:
      return fmt::format("client: {} -> {}{}", client, server, how);
    case TimeWait::both:
      return fmt::format("both: {} -> {} and {} -> {}{}", server, client, client, server, how);
    case TimeWait::none:
      return fmt::format("none{}", how);
    case TimeWait::unknown:
      break;
  }
  return fmt::format("unknown: {}", describe(record.verdict.time_wait_unknown_because));
}

constexpr std::string_view bold = "1";
constexpr std::string_view cyan = "36";
constexpr std::string_view dim = "2";

class TextLog : public Log {
 public:
  explicit TextLog(std::function<TextLayout()> layout) : layout_(std::move(layout)) {}

  std::string listening(const Listening& listening) const override {
    std::string out =
        fmt::format("closelab: listening on {} (pid {}; Ctrl-C stops)\n", painted(bold, listening.url), listening.pid);
    if (!listening.admin_url.empty()) out += fmt::format("closelab: admin on {}\n", listening.admin_url);
    out += listening.no_witness.empty() ? "closelab: witness: packets\n"
                                        : fmt::format("closelab: witness: none; {}\n", listening.no_witness);
    if (listening.rule_seed)
      out += fmt::format("closelab: rules draw lots; to repeat this run: --rule-seed {}\n", *listening.rule_seed);
    return out;
  }

  std::string request(const ConnectionRecord& record, const RequestRecord& request) const override {
    return fmt::format("{}  connection {}, request {}: {}  {}{}\n",
                       painted(dim, clock_text(record, std::max(request.received_at, request.answered_at))), record.id,
                       request.number, request_text(request), answer_text(request), persistence_text(record, request));
  }

  /// Only what no request's line has announced.
  std::string closing(const ConnectionRecord& record, std::chrono::system_clock::time_point at) const override {
    if (!is_news(record.close_reason)) return "";
    return fmt::format("{}  connection {}: the server closes: {}\n", painted(dim, clock_text(at)), record.id,
                       reason_text(record));
  }

  std::string settled(const ConnectionRecord& record) const override {
    const auto ended_at = record.evidence.empty() ? std::chrono::nanoseconds(0) : record.evidence.back().at;
    std::string out = ended_text(record, clock_text(record, ended_at));
    if (record.close_reason != CloseReason::none) out += beside("because", because_text(record));
    if (record.retry != Retry::not_needed) out += beside("retry", retry_text(record));
    out += time_wait_lines(record) + '\n';
    return out + server::ladder(server::picture_of(record), layout_()) + '\n';
  }

  std::string stopped(const Stopped& stopped) const override {
    const Counts& counts = stopped.counts;
    std::string out = fmt::format("closelab: stopped by {} in {:.2f} s: {}, {} ({} on a reused connection)\n",
                                  stopped.signal, std::chrono::duration<double>(stopped.report.duration).count(),
                                  server::counted(counts.accepted, "connection"),
                                  server::counted(counts.requests, "request"), counts.reused);
    out += endings_table(stopped.endings);
    for (const ConnectionRecord& record : stopped.report.held_up) out += held_up_text(record);
    for (const RuleStatus& rule : stopped.report.unused_rules)
      out += fmt::format("  rule {} never acted: {}\n", rule.id, describe(rule.rule));
    return out;
  }

  std::string dropped(std::uint64_t events) const override {
    return fmt::format("closelab: {} not shown: the output was read too slowly\n", server::counted(events, "event"));
  }

 private:
  std::size_t columns() const { return std::max(layout_().line_columns, TextLayout::fewest_columns); }

  /// The label once, and the prose beside it.
  std::string beside(std::string_view label, std::string_view text) const {
    const std::string first = fmt::format("{}{:<11}", indent, label);
    return wrap(text, std::string(first.size(), ' '), columns()).replace(0, first.size(), first);
  }

  /// Colors are put in last: they take no columns.
  std::string ended_text(const ConnectionRecord& record, const std::string& clock) const {
    const std::string connection = fmt::format("connection {} ended:", record.id);
    std::string block = wrap(fmt::format("{} {}", connection, who_closed(record.verdict)), indent, columns());
    const std::size_t verdict = indent.size() + connection.size();
    block = block.substr(0, verdict) + painted(bold, block.substr(verdict, block.size() - verdict - 1)) + '\n';
    return block.replace(0, indent.size(), painted(dim, clock) + "  ");
  }

  /// Endpoints stay on one line, as `ss` prints them.
  std::string time_wait_lines(const ConnectionRecord& record) const {
    const std::string text = time_wait_text(record);
    if (record.verdict.time_wait == TimeWait::unknown) return beside("TIME_WAIT", text);
    return fmt::format("{}TIME_WAIT  {}\n", indent, painted(cyan, text));
  }

  std::string painted(std::string_view code, std::string_view text) const {
    if (layout_().style == TextStyle::plain) return std::string(text);
    return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
  }

  static std::string endings_table(const Endings& endings) {
    std::string rows;
    for (const Side side : {Side::server, Side::client, Side::both, Side::undetermined}) {
      const auto& by = endings.counts[static_cast<std::size_t>(side)];
      const auto count = [&by](ClosedBy how) { return by[static_cast<std::size_t>(how)]; };
      if (by == std::array<std::uint64_t, 4>{}) continue;
      rows += fmt::format("  {:<14}{:>8}{:>8}{:>9}{:>14}\n", to_string(side), count(ClosedBy::fin),
                          count(ClosedBy::rst), count(ClosedBy::timeout), count(ClosedBy::undetermined));
    }
    if (rows.empty()) return "";
    return fmt::format("  {:<14}{:>8}{:>8}{:>9}{:>14}\n", "closed first", "by FIN", "by RST", "timeout",
                       "undetermined") +
           rows;
  }

  static std::string held_up_text(const ConnectionRecord& record) {
    const std::string doing = record.requests.empty() ? "no request yet" : request_text(record.requests.back());
    return fmt::format("  held up by connection {} from {}: {}\n", record.id, to_string(record.client), doing);
  }

  std::function<TextLayout()> layout_;
};

}  // namespace

std::unique_ptr<Log> text_log(std::function<TextLayout()> layout) {
  return std::make_unique<TextLog>(std::move(layout));
}

}  // namespace closelab::lab
