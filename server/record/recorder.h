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
#include "net/kernel/observer.h"
#include "server/record/barrier.h"

namespace closelab::server {

/// The ledger: a record for every connection, from accept() until `records_kept` newer ones have settled.
/// Reactors and the observer write it; any thread reads it and waits on it.
class Recorder {
 public:
  explicit Recorder(const Options& options) : options_(options) {}

  const Options& options() const { return options_; }

  /// A connection's place in the ledger. Whoever has it open may write there without looking it up.
  class Entry;

  /// A new connection; its entry stays where it is until it has settled.
  Entry& accepted(const Endpoint& server, const Endpoint& client);
  /// A request has begun and the connection waits, for its rest or for its handler.
  void active(std::uint64_t id);
  /// A request's head is there, or was refused. Counted before it is answered, so that whoever has the answer
  /// finds it counted.
  void count_request(Entry& entry);
  /// Responses are about to be handed to the kernel. Recorded before that, so that whoever has the answer finds it.
  void answering(Entry& entry, std::span<const RequestRecord> requests);
  /// Responses were handed to the kernel, or given up (status 0).
  void answered(Entry& entry, std::span<const RequestRecord> requests);
  /// The rest of a request that was answered before it had come.
  void body_received(Entry& entry, const RequestRecord& request);
  void local_client(Entry& entry, const LocalClient& client);
  /// Method and target; empty when none is kept.
  std::pair<std::string, std::string> last_request(const Entry& entry) const;
  /// Open, and waiting for the next request; `requests` have been answered before that.
  void idle(Entry& entry, std::span<const RequestRecord> requests = {});
  /// The connection's last request is refused, and why.
  void refused(Entry& entry, const std::string& why);
  /// The end has been decided.
  void closing(Entry& entry, CloseReason reason, CloseMode mode);
  /// A request's answer has a body that ends with the connection.
  void ends_with_connection(Entry& entry, std::uint64_t request_number);
  void rule_fired(std::uint64_t id, RuleFiring firing);
  /// Of the `slow` rule that has acted last.
  void paced(Entry& entry, const PacedPiece& piece);
  void retry(std::uint64_t id, Retry retry, Source source);
  /// What the observer sees after close().
  void observed(const net::EndedConnection& ended, const Verdict& verdict, net::Progress progress);

  std::optional<ConnectionRecord> wait_closed(std::chrono::milliseconds timeout);
  std::optional<ConnectionRecord> wait_closed(std::uint64_t id, std::chrono::milliseconds timeout);
  /// id 0: any connection.
  std::optional<ConnectionRecord> wait_idle(std::uint64_t id, std::chrono::milliseconds timeout);

  /// id 0: any connection that is open.
  std::optional<ConnectionRecord> wait_peer_closed(std::uint64_t id, std::chrono::milliseconds timeout);

  std::optional<ConnectionRecord> wait_accepted(std::chrono::milliseconds timeout);
  /// Until no connection is open; is none?
  bool wait_all_settled(std::chrono::milliseconds timeout);
  /// Until something has happened to a connection since there were so many `changes`, or that time: how many there
  /// are now. None when nothing will happen any more.
  using Clock = std::chrono::steady_clock;
  std::optional<std::uint64_t> wait_changed(std::uint64_t changes, Clock::time_point until);

  /// Connections whose client has not closed although our FIN has been out for so long, by id; and when the next of
  /// them will be one.
  struct Alone {
    std::vector<ConnectionRecord> connections{};
    Clock::time_point next = Clock::time_point::max();
  };
  Alone alone(std::chrono::milliseconds longer_than) const;
  /// Nothing is to come any more: whoever waits, or will, is answered.
  void finish();

  std::vector<ConnectionRecord> all() const;
  /// All, under the lock.
  void visit(const std::function<void(const ConnectionRecord&)>& visit) const;
  /// In the order in which they were received.
  std::vector<RequestRecord> requests() const;
  std::optional<ConnectionRecord> find(std::uint64_t id) const;
  /// How long ago a connection of which there is a record was accepted; 0 when there is none.
  std::chrono::nanoseconds age(std::uint64_t id) const;
  Counts counts() const;

 private:
  using Entries = std::map<std::uint64_t, Entry>;

  void enter(ConnectionRecord& record, Phase phase);
  /// Calls back without the lock, if anybody wants to know.
  using Callback = std::function<void(const ConnectionRecord&)>;
  static void tell(std::unique_lock<std::mutex>& lock, const Entry& entry, const Callback& callback);
  void take_note_of_settled(Entries::iterator entry);
  void record_request(Entry& entry, const RequestRecord& request) const;
  void record_answered(std::unique_lock<std::mutex>& lock, Entry& entry, std::span<const RequestRecord> requests);
  void settle(Entries::iterator entry);
  void drop_oldest();
  bool is_over_age(std::chrono::steady_clock::time_point now) const;
  const Entry* most_recently_idle() const;
  /// Somebody who waits for a record, and what has come of it.
  struct Waiter {
    Barrier barrier;
    Reached reached = Reached::no;
    std::optional<ConnectionRecord> record{};
  };
  /// A connection has come to where somebody may wait for it. Is it the one that wait_closed() returns next?
  bool tell_waiters(const Entry& entry);
  /// What is known now of a barrier for one connection.
  void look_up(Waiter& waiter) const;
  /// Until the barrier is reached, never will be, or the time is over.
  std::optional<ConnectionRecord> wait(std::unique_lock<std::mutex>& lock, Waiter waiter,
                                       std::chrono::milliseconds timeout);

  const Options& options_;
  mutable std::mutex mutex_;
  std::condition_variable condition_;
  std::vector<Waiter*> waiters_;
  std::uint64_t changes_ = 0;
  /// How many wait for the next of them.
  std::size_t watchers_ = 0;
  bool finished_ = false;
  Entries entries_;
  struct Settled {
    Entries::iterator entry;
    std::chrono::steady_clock::time_point at;
  };
  std::deque<Settled> settled_order_;     // those still in entries_
  std::deque<std::uint64_t> unreturned_;  // settled, not yet returned by wait_closed()
  /// With `records_kept` 0: the last to settle, until wait_closed() returns it.
  std::optional<ConnectionRecord> last_settled_;
  std::uint64_t last_id_ = 0;
  std::uint64_t returned_accepted_ = 0;  // the last id that wait_accepted() returned
  std::uint64_t idle_sequence_ = 0;
  Counts counts_;
};

class Recorder::Entry {
 public:
  // These never change.
  std::uint64_t id() const { return record_.id; }
  const Endpoint& server() const { return record_.server; }
  const Endpoint& client() const { return record_.client; }

 private:
  friend class Recorder;
  /// The record, its requests oldest first, for somebody who looks at it.
  const ConnectionRecord& in_order() const;
  /// The same for whoever is told; none without memory for it, and then he is not told.
  std::optional<ConnectionRecord> copy() const;

  /// Its requests are a ring while the connection is in use: under load each one pushes another out.
  mutable ConnectionRecord record_;
  mutable std::size_t oldest_request_ = 0;
  /// The wall clock may jump, so it can't tell the order of events.
  std::chrono::steady_clock::time_point accepted_{};
  /// The first request whose answer ends with the connection; 0: none.
  std::uint64_t until_close_ = 0;
  /// Orders the moments at which connections became idle; 0: never.
  std::uint64_t idle_since_ = 0;
};

}  // namespace closelab::server
