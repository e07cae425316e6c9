#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "closelab/doctest.h"
#include "closelab/drain.h"
#include "closelab/handler.h"
#include "closelab/listen_error.h"
#include "closelab/listener_mode.h"
#include "closelab/options.h"
#include "closelab/record.h"
#include "closelab/rule.h"

namespace closelab {

// A library that was compiled for another layout of std::string would read other options than were written: what makes
// a server is named after the layout, so that they don't link.
#if !defined(_GLIBCXX_USE_CXX11_ABI)
#define CLOSELAB_ABI
#elif _GLIBCXX_USE_CXX11_ABI
#define CLOSELAB_ABI [[gnu::abi_tag("cxx11_strings")]]
#else
#define CLOSELAB_ABI [[gnu::abi_tag("old_strings")]]
#endif

/// How many connections and requests there have been.
struct Counts {
  std::uint64_t accepted = 0;
  /// Connections that carried at least one request.
  std::uint64_t with_requests = 0;
  /// Requests beyond the first of their connection.
  std::uint64_t reused = 0;
  std::uint64_t requests = 0;
  /// Connections that have not settled yet.
  std::uint64_t open = 0;
  /// How many of the open ones are in which Phase.
  std::uint64_t idle = 0;
  std::uint64_t active = 0;
  std::uint64_t closing = 0;
  std::uint64_t settled = 0;
  /// Settled records that were dropped for their number (`records_kept`) or age (`records_age`).
  std::uint64_t records_dropped = 0;
};

/// What stop() did.
struct StopReport {
  /// Connections that the grace time ended: what they were doing is in their phase and requests.
  std::vector<ConnectionRecord> held_up;
  /// The routes whose handlers ran when the grace time was over: they kept their reactor's thread, and the stop waited
  /// for them.
  std::vector<std::string> blocking_handlers{};
  /// Rules that never acted.
  std::vector<RuleStatus> unused_rules;
  std::chrono::milliseconds duration{};
};

/// An HTTP/1.1 server that tells how its connections end. It listens when the constructor returns
/// and serves on threads of its own. Every member may be called from any thread; the waiting ones
/// not from a handler.
class Server {
 public:
  /// Throws ListenError (address taken, not ours, not permitted; a descriptor that is no listening TCP socket) with an
  /// explanation of what holds the port and what would help; std::invalid_argument for options out of range.
  CLOSELAB_ABI explicit Server(Options options = {});
  /// Calls stop(), and waits until those who wait in a member have returned. Not on a thread of this server, in its
  /// handler for example: that prints an error and aborts. In another server's handler it blocks that one; two servers
  /// whose handlers stop one another would wait for ever.
  /// In a child of fork() it returns at once, and so does stop(): threads and connections are the parent's. The child
  /// keeps copies of the descriptors, so that a port is not free before it has ended or called exec(); nothing else of
  /// the server may be used there.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Serves a path; a pattern that ends in `*` serves every path with that prefix. The longest match
  /// wins; none is 404. HEAD is answered from the same handler without its body. A later handler
  /// for the same pattern replaces the earlier one. `on_head`, if there is one, may answer before the body is read.
  void handle(std::string_view pattern, Handler handler, HeadHandler on_head = {});
  void handle_async(std::string_view pattern, AsyncHandler handler, HeadHandler on_head = {});

  std::uint16_t port() const;
  Endpoint endpoint() const;
  /// `http://127.0.0.1:PORT` + path.
  std::string url(std::string_view path = "/") const;
  const Options& options() const;
  /// Names and values of the listening and connection options, as the kernel reports them (getsockopt).
  std::vector<std::pair<std::string, std::string>> socket_options_in_effect() const;

  /// The next connection to settle that no earlier call returned, oldest first; waits for one up to
  /// `timeout`. A connection has settled when both ends' TCP states are final (a client that keeps
  /// its end open holds this up, see LingeringBounds).
  std::optional<ConnectionRecord> wait_closed(std::chrono::milliseconds timeout = std::chrono::seconds(5));
  /// That connection, once settled. May be called again for the same one.
  std::optional<ConnectionRecord> wait_closed(std::uint64_t connection_id,
                                              std::chrono::milliseconds timeout = std::chrono::seconds(5));
  /// A connection that is open, has had at least one answer, and waits for the next request; the one
  /// that became idle most recently.
  std::optional<ConnectionRecord> wait_idle(std::chrono::milliseconds timeout = std::chrono::seconds(5));
  std::optional<ConnectionRecord> wait_idle(std::uint64_t connection_id,
                                            std::chrono::milliseconds timeout = std::chrono::seconds(5));

  /// The next connection to be accepted that no earlier call returned, oldest first.
  std::optional<ConnectionRecord> wait_accepted(std::chrono::milliseconds timeout = std::chrono::seconds(5));

  /// A connection whose client has sent its FIN, as far as our side knows: it reads, or its kernel says so; the first
  /// by id of those that are open, or the next.
  std::optional<ConnectionRecord> wait_peer_closed(std::chrono::milliseconds timeout = std::chrono::seconds(5));
  /// That connection, open or settled; none as soon as it has settled by a reset.
  std::optional<ConnectionRecord> wait_peer_closed(std::uint64_t connection_id,
                                                   std::chrono::milliseconds timeout = std::chrono::seconds(5));
  /// A connection that its client leaks: our FIN has been out for `open_for`, and the client's end is still open. Of a
  /// client on this machine `local_client` says whose it is. The first by id, or the next.
  std::optional<ConnectionRecord> wait_leaked(std::chrono::milliseconds open_for,
                                              std::chrono::milliseconds timeout = std::chrono::seconds(5));
  /// All that are so now, by id.
  std::vector<ConnectionRecord> leaked(std::chrono::milliseconds open_for) const;
  /// Waits until no connection is open: all that were accepted have settled. False when some still are.
  bool wait_all_settled(std::chrono::milliseconds timeout = std::chrono::seconds(5));

  /// Every record held: open, closing and the last `records_kept` settled ones, by id.
  std::vector<ConnectionRecord> connections() const;
  /// Visits those records without copying them, by id. They are locked meanwhile: `visit` has to be short, and must not
  /// call the server.
  void each_connection(const std::function<void(const ConnectionRecord&)>& visit) const;
  /// Its ends are looked up in the kernel's table: what is open is told with the states that they are in now.
  std::optional<ConnectionRecord> connection(std::uint64_t id) const;
  /// Every request in those records, in the order in which they were received: which request came on which connection.
  std::vector<RequestRecord> requests() const;
  Counts counts() const;

  /// Adds a rule, for connections and requests from now on; returns its id. Throws std::invalid_argument with
  /// error_of() when it makes no sense, and when there would be more than 1000, or their paths would be longer than
  /// 1 MiB together.
  std::uint64_t add_rule(Rule rule);
  /// Replaces all rules; as add_rule(), but nothing is changed when one makes no sense.
  void set_rules(std::vector<Rule> rules);
  /// False when there is no such rule.
  bool remove_rule(std::uint64_t id);
  std::vector<RuleStatus> rules() const;
  /// Those that have not acted yet: a fault that was never provoked proves nothing.
  std::vector<RuleStatus> unused_rules() const;
  std::uint64_t rule_seed() const;

  /// Closes every connection that is waiting for a request, in its close mode; returns how many. Each is
  /// settled a little later: wait_closed().
  std::size_t close_idle();
  /// Ends a connection at once, whatever it is doing; what has not been sent of a response stays unsent. False when
  /// it is not open any more.
  bool close(std::uint64_t connection_id, CloseMode mode);
  /// From now on answers announce the end of their connections, and idle ones are closed; new ones are still accepted.
  /// A second call replaces the options. Throws std::invalid_argument for options out of range.
  void drain(const DrainOptions& options = {});
  /// Ends the drain: what has been announced stays so.
  void undrain();
  /// What those find who connect from now on, for `duration` (at most a year; then ListenerMode::accept), or until the
  /// next call. The accept queue gets the length `backlog` (ListenOptions::backlog if not given); one of 0 has room for
  /// one connection. Those who wait to be accepted are taken before the mode changes from `accept`, and reset by
  /// `refuse` after `ignore`. With several reactors each has a queue of its own, of which the kernel chooses one.
  /// Throws ListenError when the kernel does not let the port listen again, which is then tried until it does;
  /// std::invalid_argument for values out of range. In a handler it only begins, and reports nothing.
  void set_listener(ListenerMode mode, std::optional<std::chrono::milliseconds> duration = std::nullopt,
                    std::optional<int> backlog = std::nullopt);
  /// From now on no connection (or that one) is closed by our side: a connection that would end waits, with its
  /// responses sent, until release() or stop(). What the client does still counts.
  void hold_close();
  void hold_close(std::uint64_t connection_id);
  /// Whether that connection is one that our side does not close now.
  bool is_held(std::uint64_t connection_id) const;
  /// Lets what was held end, and ends the holding.
  void release();
  void release(std::uint64_t connection_id);

  /// Stops listening, ends idle connections, lets requests in flight finish with `Connection: close`
  /// for up to `grace` (default: Options::grace; at most a year), closes what is left and joins the threads.
  /// A handler that blocks can't be interrupted: a stop takes as long as it does, and names its route.
  /// A second call waits for the first. In a handler of this server it only begins the stop and returns an empty
  /// report; a call from elsewhere (at the latest the destructor's) then waits, with its own grace, and reports.
  StopReport stop(std::optional<std::chrono::milliseconds> grace = std::nullopt);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// `5 requests on 3 connections (2 reused); open: 1 idle, 0 active, 0 closing; 2 settled`.
std::ostream& operator<<(std::ostream& out, const Counts& counts);
/// `stopped in 12 ms`, the rules that never acted, and the story of each connection that held it up.
std::ostream& operator<<(std::ostream& out, const StopReport& report);

}  // namespace closelab
