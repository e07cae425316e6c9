#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "closelab/options.h"
#include "closelab/record.h"
#include "closelab/server.h"
#include "net/observer.h"

namespace closelab::server {

/// The ledger: a record for every connection, from accept() until `records_kept` newer ones have settled.
/// Reactors and the observer write it; any thread reads it and waits on it.
class Recorder {
 public:
  explicit Recorder(const Options& options) : options_(options) {}

  /// A new connection; returns its id.
  std::uint64_t accepted(const Endpoint& server, const Endpoint& client);
  /// A request has begun and the connection waits, for its rest or for its handler.
  void active(std::uint64_t id);
  /// A request's head is there, or was refused. Counted before it is answered, so that whoever has the answer
  /// finds it counted.
  void count_request(std::uint64_t id);
  /// Responses were handed to the kernel, or given up (status 0).
  void answered(std::uint64_t id, std::span<const RequestRecord> requests);
  /// Open, and waiting for the next request.
  void idle(std::uint64_t id);
  /// The end has been decided.
  void closing(std::uint64_t id, CloseReason reason, CloseMode mode);
  void rule_fired(std::uint64_t id, RuleFiring firing);
  void retry(std::uint64_t id, Retry retry);
  /// What the observer sees after close().
  void observed(const net::EndedConnection& ended, const Verdict& verdict, net::Progress progress);

  std::optional<ConnectionRecord> wait_closed(std::chrono::milliseconds timeout);
  std::optional<ConnectionRecord> wait_closed(std::uint64_t id, std::chrono::milliseconds timeout);
  /// id 0: any connection.
  std::optional<ConnectionRecord> wait_idle(std::uint64_t id, std::chrono::milliseconds timeout);

  std::optional<ConnectionRecord> wait_accepted(std::chrono::milliseconds timeout);

  std::vector<ConnectionRecord> all() const;
  /// All, under the lock.
  void visit(const std::function<void(const ConnectionRecord&)>& visit) const;
  /// In the order in which they were received.
  std::vector<RequestRecord> requests() const;
  std::optional<ConnectionRecord> find(std::uint64_t id) const;
  Counts counts() const;

 private:
  struct Entry {
    ConnectionRecord record;
    /// Orders the moments at which connections became idle; 0: never.
    std::uint64_t idle_since = 0;
  };

  void enter(ConnectionRecord& record, Phase phase);
  std::uint64_t& count_of(Phase phase);
  void append_request(ConnectionRecord& record, const RequestRecord& request);
  void settle(Entry& entry);
  void drop_oldest();
  const Entry* most_recently_idle(std::uint64_t id) const;
  void changed();
  /// Waits until `ready` returns a record; none at the timeout.
  template <class Ready>
  std::optional<ConnectionRecord> wait(std::chrono::milliseconds timeout, Ready ready);

  const Options& options_;
  mutable std::mutex mutex_;
  std::condition_variable condition_;
  int waiters_ = 0;
  std::map<std::uint64_t, Entry> entries_;
  std::deque<std::uint64_t> settled_order_;  // those still in entries_
  std::deque<std::uint64_t> unreturned_;     // settled, not yet returned by wait_closed()
  std::uint64_t last_id_ = 0;
  std::uint64_t returned_accepted_ = 0;  // the last id that wait_accepted() returned
  std::uint64_t idle_sequence_ = 0;
  Counts counts_;
};

}  // namespace closelab::server
