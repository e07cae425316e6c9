#include "server/record/looks.h"

#include <algorithm>
#include <utility>

#include "net/verdict/derive_verdict.h"
#include "server/record/barrier.h"
#include "server/text/longest_time.h"

namespace closelab::server {

/// Whoever asks for a connection is told of its TIME_WAIT as it is now.
void Looks::look_again(ConnectionRecord& record) {
  if (record.phase != Phase::settled) return look_at_ends(record);
  Verdict& verdict = record.verdict;
  const bool was_seen = verdict.time_wait_source == Source::sock_diag;
  const auto left = verdict.time_wait_remaining();
  if (!was_seen || !left || left->count() == 0) return;
  const net::TcpTuple ends{record.server, record.client};
  verdict.time_wait_gone = !observer_.still_holds(record.id, ends, verdict.time_wait);
}

/// An open connection's: the states that both ends are in now, and whose the client's end is when it should have
/// closed.
void Looks::look_at_ends(ConnectionRecord& record) {
  const net::TcpTuple tuple{record.server, record.client};
  const auto ends = observer_.look_at_ends(record.id, tuple);
  // Between two states a socket is not found for a moment.
  if (!ends || ends->own.state == TcpState::closed) return;
  const auto at = recorder_.age(record.id);
  record.evidence.push_back({at, Source::sock_diag, fact::OwnSocket{ends->own.state, ends->own.timer}});
  const bool is_alone = alone_since(record).has_value();
  if (!ends->client) {
    record.evidence.push_back({at, Source::inferred, fact::PeerIsRemote{}});
    return;
  }
  record.evidence.push_back({at, Source::sock_diag, fact::PeerSocket{ends->client->state, ends->client->timer}});
  if (is_alone) name_client(record, *ends->client);
  record.verdict = net::derive_verdict(record.evidence, std::chrono::steady_clock::now() - at);
}

void Looks::name_client(ConnectionRecord& record, const net::SocketInfo& socket) {
  if (!record.local_client) record.local_client.emplace();
  record.local_client->uid = socket.uid;
  record.local_client->processes = owners_.of(socket.inode);
}

/// Its client, if it is on this machine, has not closed since.
bool Looks::is_leaked(ConnectionRecord& record) {
  const auto ends = observer_.look_at_ends(record.id, {record.server, record.client});
  const bool is_open = record.phase != Phase::settled;
  // Without an answer another connection has its addresses and ports, or nobody is to ask.
  if (!ends) return is_open && !observer_.looks_up(record.id);
  if (!ends->client) return is_open && ends->own.state != TcpState::closed;
  const TcpState client = ends->client->state;
  if (client != TcpState::close_wait && client != TcpState::established) return false;
  look_at_ends(record);
  name_client(record, *ends->client);
  return true;
}

std::vector<ConnectionRecord> Looks::leaked(std::chrono::milliseconds open_for) {
  std::vector<ConnectionRecord> found = recorder_.alone(open_for).connections;
  std::erase_if(found, [this](ConnectionRecord& record) { return !is_leaked(record); });
  return found;
}

std::optional<ConnectionRecord> Looks::wait_leaked(std::chrono::milliseconds open_for,
                                                   std::chrono::milliseconds timeout) {
  // The kernel's states and ours are not looked at in one moment.
  constexpr std::chrono::milliseconds pause{10};
  const auto deadline = std::chrono::steady_clock::now() + bounded(timeout);
  std::optional<std::uint64_t> changes = 0;
  while (changes) {
    Recorder::Alone alone = recorder_.alone(open_for);
    for (ConnectionRecord& record : alone.connections)
      if (is_leaked(record)) return std::move(record);
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline) break;
    if (!alone.connections.empty()) alone.next = std::min(alone.next, now + pause);
    changes = recorder_.wait_changed(*changes, std::min(deadline, alone.next));
  }
  return std::nullopt;
}

}  // namespace closelab::server
