#include "closelab/record.h"

#include <algorithm>
#include <array>
#include <ostream>

#include "net/verdict/verdict_text.h"
#include "server/record/end_reason.h"
#include "server/record/ladder.h"
#include "server/text/printable.h"

namespace closelab {
namespace {

/// Reasons that are the client's, or nobody's: they only repeat what the verdict says already.
bool is_tautology(CloseReason reason) {
  return reason == CloseReason::none || reason == CloseReason::peer_closed || reason == CloseReason::peer_reset ||
         reason == CloseReason::tcp_timeout;
}

/// The verdict's sentence, with the reason after its first clause, which says who closed.
std::string with_reason(const ConnectionRecord& record) {
  net::VerdictClauses clauses = net::clauses_of(record.verdict);
  if (server::is_reason_for_end(record))
    clauses.closed_first += ", because " + std::string(describe(record.close_reason));
  return net::joined({clauses.closed_first, clauses.consequences, clauses.time_wait});
}

std::string_view fins_text(const ConnectionRecord& record) {
  const bool is_withheld = find<fact::FinWithheld>(record.evidence) != nullptr;
  switch (fin_sent_by(record.evidence)) {
    case FinSentBy::server:
      return "our FIN is out, the client has not closed";
    case FinSentBy::client:
      return is_withheld ? "the client has closed, our FIN is withheld" : "the client has closed, our side has not";
    case FinSentBy::both:
      return "both have closed, their states are not final yet";
    case FinSentBy::nobody:
      break;
  }
  if (find<fact::Aborted>(record.evidence) != nullptr) return "our RST is out";
  return is_withheld ? "our FIN is withheld, the client has not closed" : "";
}

/// `, its end is in CLOSE_WAIT (curl (pid 4711))`, as it was seen last.
std::string client_end_text(const ConnectionRecord& record) {
  std::string text;
  for (const Evidence& each : record.evidence)
    if (const auto* client = each.as<fact::PeerSocket>())
      text = ", its end is in " + std::string(to_string(client->state));
  if (record.local_client && !record.local_client->processes.empty())
    text += ", of " + server::printable(names_of(record.local_client->processes));
  return text;
}

std::string progress_text(const ConnectionRecord& record) {
  std::string text(to_string(record.phase));
  const std::string_view fins = fins_text(record);
  if (fins.empty()) return text;
  text += ": " + std::string(fins);
  const FinSentBy sent_by = fin_sent_by(record.evidence);
  if (sent_by == FinSentBy::server || sent_by == FinSentBy::nobody) text += client_end_text(record);
  return text;
}

}  // namespace

bool server::is_reason_for_end(const ConnectionRecord& record) {
  return record.verdict.closed_first != Side::client && !is_tautology(record.close_reason);
}

std::string ladder(const ConnectionRecord& record) { return server::ladder(server::picture_of(record), {}); }

std::string_view to_string(Phase phase) {
  static constexpr std::array<std::string_view, 4> names{"idle", "active", "closing", "settled"};
  return names[static_cast<std::size_t>(phase)];
}

std::vector<FieldView> RequestRecord::field_views() const {
  std::vector<FieldView> views;
  for (std::string_view rest = fields ? std::string_view(*fields) : ""; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find("\r\n"));
    const std::size_t colon = line.find(": ");
    views.push_back({line.substr(0, colon), line.substr(colon + 2)});
    rest.remove_prefix(line.size() + 2);
  }
  return views;
}

std::string_view to_string(Retry retry) {
  static constexpr std::array<std::string_view, 3> names{"not_needed", "safe", "if_idempotent"};
  return names[static_cast<std::size_t>(retry)];
}

std::string_view to_string(SeenBy seen_by) {
  static constexpr std::array<std::string_view, 3> names{"nobody", "server", "handler"};
  return names[static_cast<std::size_t>(seen_by)];
}

std::string describe(const ConnectionRecord& record) {
  const std::string connection = "connection " + std::to_string(record.id) + ": ";
  if (record.phase == Phase::settled) return connection + with_reason(record);
  const std::string progress = progress_text(record);
  const bool is_clause = progress.find(':') != std::string::npos;
  return connection + progress + (is_clause ? "; " : ", ") + server::counted(record.request_count, "request");
}

std::ostream& operator<<(std::ostream& out, const ConnectionRecord& record) {
  return out << describe(record) << '\n' << ladder(record);
}

std::ostream& operator<<(std::ostream& out, const RequestRecord& record) {
  out << "request " << record.number << " of connection " << record.connection_id << ": ";
  if (record.method.empty()) {
    out << "refused, ";
  } else {
    out << server::printable(record.method) << ' ' << server::printable(record.target);
    if (record.version != VersionNumber{}) out << ' ' << record.version;
    out << ", ";
  }
  // Only after an answer that has an end is a connection kept.
  const bool ended = record.answered_at.count() == 0;
  if (record.status == 0) {
    out << "never answered";
  } else {
    out << (ended ? "cut short: " : "answered ") << record.status << " with "
        << server::counted(record.response_body_bytes, "byte");
  }
  if (ended && record.persistence.decision == Persistence::Decision::keep) return out;
  return out << "; " << record.persistence;
}

std::ostream& operator<<(std::ostream& out, Phase phase) { return out << to_string(phase); }

std::ostream& operator<<(std::ostream& out, Retry retry) { return out << to_string(retry); }

std::ostream& operator<<(std::ostream& out, SeenBy seen_by) { return out << to_string(seen_by); }

}  // namespace closelab
