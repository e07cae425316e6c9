#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "closelab/switch.h"
#include "closelab/verdict.h"
#include "net/kernel/look.h"
#include "net/kernel/sock_diag.h"
#include "net/verdict/ended_connection.h"
#include "net/witness/testimonies.h"

namespace closelab::net {

/// Looks closed connections up in the kernel's socket table, on a thread of its own, until their states are
/// final, and derives their verdicts. FIN_WAIT_1 alone lasts 40 ms when the client is slow (it delays the ACK of a
/// bare FIN), so one look is not evidence: it looks again after 1, 5, 20, 60 and 250 ms, then every second.
class Observer {
 public:
  /// Called when a connection's state has changed, and once when it has settled: on the observer's thread, or, for a
  /// connection that is not looked up, on the one that calls follow(). Called again when it has thrown std::bad_alloc.
  using Callback = std::function<void(const EndedConnection&, const Verdict&, Progress)>;

  static constexpr std::size_t max_queued = 65536;

  /// `lookups` off: settles at once on what is known without the kernel's table, and has no thread. `every`: only one
  /// connection in so many is looked up, the others are settled like that.
  /// `witness`, if any, is asked about those that are looked up.
  Observer(Switch lookups, Callback callback, std::uint64_t every = 1, std::shared_ptr<Witness> witness = nullptr);
  ~Observer() { finish(); }
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  /// Is this connection one that is looked up? The first one is.
  bool looks_up(std::uint64_t id) const { return lookups_ == Switch::on && id % every_ == 1 % every_; }

  /// A connection was accepted. What is seen of the client's end from now on says nothing any more about an earlier
  /// connection with the same addresses and ports: the client's socket has no cookie that we know.
  /// With a witness, its packets are remembered from now on; `fd` is its descriptor.
  void accepted(std::uint64_t id, const TcpTuple& tuple, int fd);

  /// Follows a connection whose descriptor has been closed. While `max_queued` wait, a further one is settled at once
  /// without a look, and its evidence says so.
  void follow(EndedConnection connection);

  /// Is the client's end there to be looked at, on the same address as ours?
  bool sees_client(const EndedConnection& connection) const;

  /// Looks at the clients' ends now, on the caller's thread (4 us each), and notes them; what our ends are in goes to
  /// `own`. Other threads may be before it, for as long: no lookup waits for an answer.
  /// For descriptors that are closed right after our FIN: nothing else would tell an RST that comes then from one
  /// after a crossing FIN.
  void look_at_clients(std::span<EndedConnection* const> connections, std::span<TcpState> own);

  /// Both ends of a connection, as the kernel has them.
  struct Ends {
    SocketInfo own{};
    /// Unset for a client on another machine.
    std::optional<SocketInfo> client{};
  };
  /// Looks on the caller's thread. None when the kernel can't be asked, or a newer connection has the addresses and
  /// ports.
  std::optional<Ends> look_at_ends(std::uint64_t id, const TcpTuple& tuple);

  /// Looks on the caller's thread whether a TIME_WAIT that a verdict tells of is still there. It may have been taken
  /// over by a new connection, or ended by an RST.
  bool still_holds(std::uint64_t id, const TcpTuple& tuple, TimeWait holder);

  /// Gives what is transitional a last 20 ms, or 5 ms in which no state changes; settles everything as it then is, and
  /// ends the thread.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  struct Followed {
    EndedConnection connection;
    int looks = 0;
    bool peer_is_local = false;
    TcpState own = TcpState::unknown;
    TcpState peer = TcpState::unknown;
    /// An end that was not found has been looked for again.
    bool looked_twice = false;
  };

  void begin_finish();
  void run();
  void take_due(std::unique_lock<std::mutex>& lock, std::vector<Followed>& due);
  void collect_due(Clock::time_point now, std::vector<Followed>& due);
  Clock::time_point next_round() const;
  void look(std::vector<Followed>& batch);
  std::vector<SocketInfo> look_up(std::vector<Followed>& batch);
  Progress digest(Followed& followed, const SocketInfo& own, const SocketInfo* peer);
  void note_states(Followed& followed, const SocketInfo& own, const SocketInfo* peer);
  bool look_again_later(Followed& followed);
  void wait_longer();
  void catch_up(std::unique_lock<std::mutex>& lock);
  void listen_to_witness();
  bool is_explained(const Followed& followed) const;
  void note_testimony(EndedConnection& connection);
  void conclude(EndedConnection& connection);
  void judge(Followed& followed, const SocketInfo& own, const SocketInfo* peer);
  void settle(const EndedConnection& connection);
  void settle_unseen(EndedConnection& connection);
  bool peer_is_local(const TcpTuple& tuple);
  bool accepted_again(std::uint64_t id, const TcpTuple& tuple) const;

  const Switch lookups_;
  const std::uint64_t every_;
  const Callback callback_;
  /// By a hash of the addresses and ports, of which one client address makes no two alike: the last connection
  /// accepted.
  std::vector<std::atomic<std::uint32_t>> last_accepted_;
  SockDiag diag_;
  std::mutex peer_mutex_;
  SockDiag peer_diag_;
  /// By address and interface.
  std::map<std::pair<std::array<std::uint8_t, 16>, std::uint32_t>, bool> local_addresses_;

  std::optional<Testimonies> testimonies_;
  Clock::time_point caught_up_{};

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Followed> arrived_;
  std::multimap<Clock::time_point, Followed> waiting_;
  Clock::time_point last_round_{};
  /// Waits, and must be woken when somebody arrives.
  bool asleep_ = false;
  bool finishing_ = false;
  Clock::time_point finish_by_{};
  Clock::time_point finish_latest_{};
  std::thread thread_;
};

}  // namespace closelab::net
