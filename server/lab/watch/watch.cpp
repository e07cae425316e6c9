#include "server/lab/watch/watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>
#include <tuple>

#include "net/socket/socket_address.h"
#include "server/lab/watch/keys.h"
#include "server/lab/watch/print.h"
#include "server/lab/watch/screen.h"

namespace closelab::lab {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<TcpSocket> ask(const TcpFilter& filter) {
  TcpTable table = tcp_sockets(filter);
  if (!table.error) return std::move(table.sockets);
  throw std::runtime_error(
      fmt::format("the kernel's table of TCP sockets can't be read: {}; it takes netlink and sock_diag (Linux with "
                  "CONFIG_INET_DIAG, module tcp_diag), which a container or sandbox may deny",
                  table.error.message()));
}

/// What netstat calls connections: all but listeners.
std::vector<TcpState> connection_states() {
  return {TcpState::established, TcpState::syn_sent,   TcpState::syn_received,
          TcpState::fin_wait_1,  TcpState::fin_wait_2, TcpState::time_wait,
          TcpState::close_wait,  TcpState::last_ack,   TcpState::closing};
}

SocketTables observe(TcpFilter filter) {
  if (filter.states.empty()) filter.states = connection_states();
  SocketTables tables{.at = std::chrono::system_clock::now(), .sockets = ask(filter)};
  tables.listeners = ask({.states = {TcpState::listen}});
  // The other end of a connection between two addresses of this machine has the peer's address as its own.
  if (filter.peer)
    tables.other_ends = ask({.port = filter.port, .local = filter.peer, .states = {TcpState::time_wait}});
  return tables;
}

/// Asks for each address once.
IsLocal is_local_cached() {
  using Address = std::tuple<AddressFamily, std::array<std::uint8_t, 16>, std::uint32_t>;
  return [known = std::map<Address, bool>()](const Endpoint& endpoint) mutable {
    const auto [at, fresh] = known.try_emplace({endpoint.family, endpoint.address, endpoint.scope_id});
    if (fresh) at->second = net::is_local_address(endpoint);
    return at->second;
  };
}

std::string table(const WatchSettings& settings, const Room& room) {
  const Snapshot snapshot = take_snapshot(observe(settings.filter), settings.filter, room.rows, is_local_cached());
  return settings.format == LogFormat::json ? watch_json(snapshot) : watch_text(snapshot, room);
}

}  // namespace

int watch(const WatchSettings& settings) {
  Screen screen(settings.format);
  if (settings.repeat == WatchSettings::Repeat::once) {
    screen.show(table(settings, screen.room()));
    return EXIT_SUCCESS;
  }
  Keys keys;
  auto next = Clock::now();
  while (true) {
    screen.show(table(settings, screen.room()));
    next = std::max(next + settings.interval, Clock::now());
    if (keys.wait(next) == Keys::Wish::quit) return EXIT_SUCCESS;
  }
}

}  // namespace closelab::lab
