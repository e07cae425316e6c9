#include "server/record/barrier.h"

#include <algorithm>
#include <vector>

#include "net/verdict/fins.h"

namespace closelab::server {
namespace {

bool tells_of_reset(const Evidence& seen) {
  return seen.is<fact::ReceiveFailed>() || seen.is<fact::SendFailed>() || seen.is<fact::PendingError>() ||
         seen.is<fact::Aborted>();
}

bool has_client_closed(const ConnectionRecord& record) {
  const FinSentBy sent_by = fin_sent_by(record.evidence);
  return sent_by == FinSentBy::client || sent_by == FinSentBy::both;
}

bool is_in_place(const Barrier& barrier, const ConnectionRecord& record) {
  switch (barrier.until) {
    case Barrier::Until::accepted:
      return true;
    case Barrier::Until::idle:
      // Before its first request a connection is idle, too, but nobody waits for that.
      return record.phase == Phase::idle && record.request_count > 0;
    case Barrier::Until::peer_closed:
      return has_client_closed(record);
    case Barrier::Until::closed:
      return record.phase == Phase::settled;
  }
  return false;
}

bool is_past(const Barrier& barrier, const ConnectionRecord& record) {
  if (record.phase == Phase::settled) return true;
  return record.phase == Phase::closing && barrier.until == Barrier::Until::idle;
}

}  // namespace

Reached reached(const Barrier& barrier, const ConnectionRecord& record) {
  if (record.id <= barrier.after || barrier.connection.value_or(record.id) != record.id) return Reached::no;
  if (is_in_place(barrier, record) && record.request_count >= barrier.requests) return Reached::yes;
  return barrier.connection && is_past(barrier, record) ? Reached::never : Reached::no;
}

std::optional<std::chrono::nanoseconds> alone_since(const ConnectionRecord& record) {
  const std::vector<Evidence>& evidence = record.evidence;
  if (fin_sent_by(evidence) != FinSentBy::server || std::ranges::any_of(evidence, tells_of_reset)) return std::nullopt;
  return std::ranges::find_if(evidence, net::shows_server_fin)->at;
}

Reached reached_without_record(const Barrier& barrier, std::uint64_t last_id) {
  // Counted from 1; a record that is gone was of a connection that had settled.
  return barrier.connection && *barrier.connection <= last_id ? Reached::never : Reached::no;
}

}  // namespace closelab::server
