#include "closelab/server.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "net/kernel/observer.h"
#include "net/memory/insist.h"
#include "net/socket/listener.h"
#include "net/socket/socket_options.h"
#include "net/teardown/blocking_closer.h"
#include "net/witness/saved_syn.h"
#include "server/connection/router.h"
#include "server/options_check.h"
#include "server/reactor.h"
#include "server/record/looks.h"
#include "server/record/recorder.h"
#include "server/text/longest_time.h"

namespace closelab {
namespace {

/// Several reactors share the port by SO_REUSEPORT, which must not let them share it with another server unasked: a
/// socket without the option tries first.
void share_port(Options& options) {
  if (options.reactors == 1 || options.listen.reuse_port == Switch::on) return;
  if (options.listen.port != 0) net::Listener(options.listen, options.socket).close();
  options.listen.reuse_port = Switch::on;
}

Options validated(Options options) {
  server::check(options);
  share_port(options);
  return options;
}

/// A child of fork() has none of the threads, and perhaps locks that one of them held: nothing can be destroyed there.
/// It stays where leak checkers find it.
template <class Impl>
void leave_alone(std::unique_ptr<Impl> impl) {
  static auto& left = *new std::vector<Impl*>;
  left.push_back(impl.release());
}

/// Left with a reactor by a thread that must not wait for it. There the command is tried until there is memory for it.
template <class Command>
void leave_with(server::Reactor& reactor, Command command) {
  reactor.post([&reactor, command = std::move(command)] { net::insist([&] { command(reactor); }); });
}

}  // namespace

/// Members are in the order of use: what is declared later is destroyed, and so stopped, earlier.
class Server::Impl {
 public:
  explicit Impl(Options wanted);

  StopReport stop(std::chrono::milliseconds grace);
  /// On one of its reactors' threads, in a handler for example.
  bool is_own_thread() const;
  /// In a child of fork(): the threads are the parent's, and so are the connections.
  bool is_of_parent() const { return ::getpid() != process_; }
  std::size_t close_idle();
  bool close(std::uint64_t connection_id, CloseMode mode);
  void set_drain(const std::optional<DrainOptions>& drain);
  void set_listener(ListenerMode mode, int backlog, std::optional<std::chrono::milliseconds> duration);
  void reconsider_holds();

  const Options options;
  server::Router router;
  server::Recorder recorder;
  net::Observer observer;
  net::BlockingCloser closer;
  server::Looks looks;
  server::RuleBook rules;
  server::CloseHolds holds;
  std::shared_ptr<server::HeldBytes> held;
  server::Shared shared;
  server::OpenConnections open;
  std::vector<std::shared_ptr<server::Reactor>> reactors;

 private:
  void begin_stop();
  StopReport stop_once(std::chrono::milliseconds grace);

  const pid_t process_ = ::getpid();
  std::mutex stop_mutex_;
  bool stopped_ = false;
};

Server::Impl::Impl(Options wanted)
    : options(validated(std::move(wanted))),
      recorder(options),
      observer(
          options.lookups,
          [this](const net::EndedConnection& ended, const Verdict& verdict, net::Progress progress) {
            recorder.observed(ended, verdict, progress);
          },
          options.lookup_every, options.witness),
      looks(recorder, observer),
      rules(options.rules, options.rule_seed),
      held(std::make_shared<server::HeldBytes>(options.held_bytes)),
      shared{options, router, recorder, observer, closer, rules, holds, held},
      open{} {
  ListenOptions listen = options.listen;
  for (unsigned i = 0; i < options.reactors; ++i) {
    net::Listener listener(listen, options.socket);
    listen.port = listener.local().port;  // the port that the kernel chose for the first
    if (options.witness) {
      net::save_syns(listener.fd());
      if (i == 0) options.witness->watch(listener.local());
    }
    reactors.push_back(std::make_shared<server::Reactor>(shared, open, std::move(listener)));
  }
}

StopReport Server::Impl::stop(std::chrono::milliseconds grace) {
  if (is_of_parent()) return {};
  if (is_own_thread()) {
    begin_stop();  // a thread can't wait for its own end
    return {};
  }
  const std::lock_guard lock(stop_mutex_);
  if (std::exchange(stopped_, true)) return {};
  return stop_once(grace);
}

bool Server::Impl::is_own_thread() const {
  return std::ranges::any_of(reactors, [](const auto& reactor) { return reactor->is_own_thread(); });
}

void Server::Impl::begin_stop() {
  holds.release_all();
  for (const auto& reactor : reactors) reactor->stop();
}

StopReport Server::Impl::stop_once(std::chrono::milliseconds grace) {
  const auto start = std::chrono::steady_clock::now();
  begin_stop();
  StopReport report;
  for (const auto& reactor : reactors) {
    if (reactor->wait_until_done(start + grace)) continue;
    net::insist([&] {
      if (auto route = reactor->route_being_handled()) report.blocking_handlers.push_back(std::move(*route));
    });
    reactor->stop_now(report.held_up);
  }
  for (const auto& reactor : reactors) reactor->join();
  closer.finish();
  observer.finish();
  recorder.finish();
  report.unused_rules = net::insist([this] { return rules.unused(); });
  report.duration = std::chrono::round<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  return report;
}

std::size_t Server::Impl::close_idle() {
  std::size_t closed = 0;
  if (server::Reactor::is_reactor_thread()) {
    closed = recorder.counts().idle;
    for (const auto& reactor : reactors) leave_with(*reactor, [](server::Reactor& it) { it.close_idle(); });
    return closed;
  }
  for (const auto& reactor : reactors) closed += reactor->close_idle();
  return closed;
}

bool Server::Impl::close(std::uint64_t connection_id, CloseMode mode) {
  if (server::Reactor::is_reactor_thread()) {
    const auto record = recorder.find(connection_id);
    if (!record || record->phase == Phase::settled) return false;
    for (const auto& reactor : reactors) {
      leave_with(*reactor, [connection_id, mode](server::Reactor& it) { it.close(connection_id, mode); });
    }
    return true;
  }
  const auto owns = [&](const auto& reactor) { return reactor->close(connection_id, mode); };
  return std::ranges::any_of(reactors, owns);
}

void Server::Impl::set_drain(const std::optional<DrainOptions>& drain) {
  for (const auto& reactor : reactors) {
    if (!server::Reactor::is_reactor_thread())
      reactor->set_drain(drain);
    else
      leave_with(*reactor, [drain](server::Reactor& it) { it.set_drain(drain); });
  }
}

void Server::Impl::set_listener(ListenerMode mode, int backlog, std::optional<std::chrono::milliseconds> duration) {
  std::error_code error;
  for (const auto& reactor : reactors) {
    if (server::Reactor::is_reactor_thread()) {
      leave_with(*reactor,
                 [mode, backlog, duration](server::Reactor& it) { it.set_listener(mode, backlog, duration); });
    } else if (const auto failed = reactor->set_listener(mode, backlog, duration)) {
      error = failed;
    }
  }
  if (error)
    throw ListenError(error, "the listener can't be set to " + std::string(to_string(mode)) + ": " + error.message());
}

void Server::Impl::reconsider_holds() {
  for (const auto& reactor : reactors) leave_with(*reactor, [](server::Reactor& it) { it.reconsider_holds(); });
}

Server::Server(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {
  if (impl_->options.on_listening) impl_->options.on_listening(*this);
  for (const auto& reactor : impl_->reactors) reactor->start();
}

Server::~Server() {
  if (impl_->is_of_parent()) {
    leave_alone(std::move(impl_));
    return;
  }
  if (impl_->is_own_thread()) {
    // A thread can't wait for its own end, and the handler that runs would be gone when it returns.
    std::fputs(
        "closelab: a Server must not be destroyed on a thread of its own, such as in its handler; stop() may be "
        "called there\n",
        stderr);
    std::abort();
  }
  stop();
}

void Server::handle(std::string_view pattern, Handler handler, HeadHandler on_head) {
  impl_->router.add(pattern, {std::move(handler), {}, std::move(on_head)});
}

void Server::handle_async(std::string_view pattern, AsyncHandler handler, HeadHandler on_head) {
  impl_->router.add(pattern, {{}, std::move(handler), std::move(on_head)});
}

std::uint16_t Server::port() const { return endpoint().port; }

Endpoint Server::endpoint() const { return impl_->reactors.front()->local(); }

/// A wildcard address is none that a client can connect to: loopback of its family stands in.
std::string Server::url(std::string_view path) const {
  Endpoint reachable = endpoint();
  const bool wildcard = std::ranges::all_of(reachable.address, [](std::uint8_t byte) { return byte == 0; });
  if (wildcard && reachable.family == AddressFamily::ipv4) {
    reachable.address = {127, 0, 0, 1};
  } else if (wildcard) {
    reachable.address.back() = 1;
  }
  return "http://" + to_string(reachable) + std::string(path);
}

const Options& Server::options() const { return impl_->options; }

std::vector<std::pair<std::string, std::string>> Server::socket_options_in_effect() const {
  std::vector<std::pair<std::string, std::string>> options;
  for (const net::OptionInEffect& option : impl_->reactors.front()->options_in_effect())
    options.emplace_back(option.name, option.value);
  return options;
}

std::optional<ConnectionRecord> Server::wait_closed(std::chrono::milliseconds timeout) {
  return impl_->recorder.wait_closed(timeout);
}

std::optional<ConnectionRecord> Server::wait_closed(std::uint64_t connection_id, std::chrono::milliseconds timeout) {
  return impl_->recorder.wait_closed(connection_id, timeout);
}

std::optional<ConnectionRecord> Server::wait_idle(std::chrono::milliseconds timeout) {
  return impl_->recorder.wait_idle(0, timeout);
}

std::optional<ConnectionRecord> Server::wait_idle(std::uint64_t connection_id, std::chrono::milliseconds timeout) {
  return impl_->recorder.wait_idle(connection_id, timeout);
}

std::vector<ConnectionRecord> Server::connections() const { return impl_->recorder.all(); }

void Server::each_connection(const std::function<void(const ConnectionRecord&)>& visit) const {
  impl_->recorder.visit(visit);
}

std::optional<ConnectionRecord> Server::connection(std::uint64_t id) const {
  std::optional<ConnectionRecord> record = impl_->recorder.find(id);
  if (record) impl_->looks.look_again(*record);
  return record;
}

std::optional<ConnectionRecord> Server::wait_peer_closed(std::chrono::milliseconds timeout) {
  return impl_->recorder.wait_peer_closed(0, timeout);
}

std::optional<ConnectionRecord> Server::wait_peer_closed(std::uint64_t connection_id,
                                                         std::chrono::milliseconds timeout) {
  return impl_->recorder.wait_peer_closed(connection_id, timeout);
}

std::optional<ConnectionRecord> Server::wait_leaked(std::chrono::milliseconds open_for,
                                                    std::chrono::milliseconds timeout) {
  return impl_->looks.wait_leaked(server::bounded(open_for), timeout);
}

std::vector<ConnectionRecord> Server::leaked(std::chrono::milliseconds open_for) const {
  return impl_->looks.leaked(server::bounded(open_for));
}

bool Server::wait_all_settled(std::chrono::milliseconds timeout) { return impl_->recorder.wait_all_settled(timeout); }

std::optional<ConnectionRecord> Server::wait_accepted(std::chrono::milliseconds timeout) {
  return impl_->recorder.wait_accepted(timeout);
}

std::vector<RequestRecord> Server::requests() const { return impl_->recorder.requests(); }

std::uint64_t Server::add_rule(Rule rule) { return impl_->rules.add(std::move(rule)); }

void Server::set_rules(std::vector<Rule> rules) { impl_->rules.replace(std::move(rules)); }

bool Server::remove_rule(std::uint64_t id) { return impl_->rules.remove(id); }

std::vector<RuleStatus> Server::rules() const { return impl_->rules.status(); }

std::vector<RuleStatus> Server::unused_rules() const { return impl_->rules.unused(); }

std::uint64_t Server::rule_seed() const { return impl_->rules.seed(); }

std::size_t Server::close_idle() { return impl_->close_idle(); }

bool Server::close(std::uint64_t connection_id, CloseMode mode) {
  server::check(mode);
  return impl_->close(connection_id, mode);
}

bool Server::is_held(std::uint64_t connection_id) const { return impl_->holds.is_held(connection_id); }

void Server::drain(const DrainOptions& options) {
  server::check(options);
  impl_->set_drain(options);
}

void Server::undrain() { impl_->set_drain({}); }

void Server::set_listener(ListenerMode mode, std::optional<std::chrono::milliseconds> duration,
                          std::optional<int> backlog) {
  server::check(mode);
  server::require(!duration || (*duration >= std::chrono::milliseconds(0) && *duration <= server::longest_time),
                  "duration must be 0 ms to a year");
  server::require(backlog.value_or(0) >= 0, "backlog must not be negative");
  impl_->set_listener(mode, backlog.value_or(impl_->options.listen.backlog), duration);
}

void Server::hold_close() { impl_->holds.hold_all(); }

void Server::hold_close(std::uint64_t connection_id) { impl_->holds.hold(connection_id); }

void Server::release() {
  impl_->holds.release_all();
  impl_->reconsider_holds();
}

void Server::release(std::uint64_t connection_id) {
  impl_->holds.release(connection_id);
  impl_->reconsider_holds();
}

Counts Server::counts() const { return impl_->recorder.counts(); }

StopReport Server::stop(std::optional<std::chrono::milliseconds> grace) {
  return impl_->stop(server::bounded(grace.value_or(impl_->options.grace)));
}

}  // namespace closelab
