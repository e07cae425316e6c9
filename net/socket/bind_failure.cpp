#include "net/socket/bind_failure.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <iterator>
#include <system_error>
#include <vector>

#include "net/socket/socket_address.h"

namespace closelab::net {
namespace {

std::string seconds_text(std::chrono::milliseconds time) {
  const auto tenths = (time.count() + 99) / 100;
  return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " s";
}

std::string explain_listener(const TcpSocket& listener, const ListenOptions& options) {
  std::string text = "Another socket listens on " + to_string(listener.local) + " (uid " +
                     std::to_string(listener.uid) + "; `ss -tlnp` names its process).\n  ";
  if (options.reuse_port == Switch::on) {
    return text + "SO_REUSEPORT shares a port only if that socket has it too and has the same owner.";
  }
  return text + "Stop it, or take another port; SO_REUSEADDR does not help against a live listener.";
}

/// No descriptor refers to it, so only its timer ends it: TIME_WAIT, and FIN_WAIT_2 after its process is gone.
bool is_timed(const TcpSocket& socket) {
  const bool state = socket.state == TcpState::time_wait || socket.state == TcpState::fin_wait_2;
  return state && socket.inode == 0 && socket.timer_left.count() > 0;
}

std::string explain_duration(std::span<const TcpSocket> left) {
  if (!std::all_of(left.begin(), left.end(), is_timed)) {
    return "Those with an open end hold it until both their ends are closed, and then for TIME_WAIT's 60 s where it "
           "applies";
  }
  const auto longest = std::max_element(
      left.begin(), left.end(), [](const TcpSocket& a, const TcpSocket& b) { return a.timer_left < b.timer_left; });
  std::string text =
      "The port is free in " + seconds_text(longest->timer_left) + " (up to 2 s more by the kernel's timer slack)";
  const bool half_open = std::any_of(left.begin(), left.end(),
                                     [](const TcpSocket& socket) { return socket.state == TcpState::fin_wait_2; });
  if (half_open) text += ";\n  a client that closes before then turns its FIN_WAIT_2 into TIME_WAIT, 60 s from there";
  return text;
}

std::string explain_leftovers(std::span<const TcpSocket> left, const ListenOptions& options) {
  std::string text = "No socket listens there, but connections of an earlier one still hold the port: " +
                     describe(count_by_state(left)) + ".\n  " + explain_duration(left) + ".\n  ";
  if (options.reuse_address == Switch::off) {
    return text +
           "bind() passes at once when this socket and the earlier one both have SO_REUSEADDR (reuse_address, on "
           "by default).";
  }
  return text + "This socket has SO_REUSEADDR, but Linux wants it on the earlier one too, and that one lacked it.";
}

/// The sockets on the wanted address; a port that is held on another one is free on this.
std::vector<TcpSocket> on_address(const Endpoint& wanted, std::span<const TcpSocket> sockets) {
  std::vector<TcpSocket> result;
  std::copy_if(sockets.begin(), sockets.end(), std::back_inserter(result), [&](const TcpSocket& socket) {
    const Endpoint& local = socket.local;
    return address_text(local) == address_text(wanted) || covers(local, wanted) || covers(wanted, local);
  });
  return result;
}

std::string explain_address_in_use(const ListenOptions& options, std::span<const TcpSocket> holders) {
  const auto listener = std::find_if(holders.begin(), holders.end(),
                                     [](const TcpSocket& socket) { return socket.state == TcpState::listen; });
  if (listener != holders.end()) return explain_listener(*listener, options);
  if (!holders.empty()) return explain_leftovers(holders, options);
  return "Something holds the port that the socket table of this network namespace does not show "
         "(a socket that is bound but not listening).";
}

}  // namespace

std::string explain_bind_failure(const ListenOptions& options, const Endpoint& wanted, int error,
                                 std::span<const TcpSocket> holders) {
  const std::string subject =
      "cannot listen on " + to_string(wanted) + ": " + std::generic_category().message(error) + "\n  ";
  switch (error) {
    case EADDRINUSE:
      return subject + explain_address_in_use(options, on_address(wanted, holders));
    case EADDRNOTAVAIL:
      return subject + "The address belongs to no interface of this machine (`ip address` lists them).";
    case EACCES:
      return subject + "Ports below net.ipv4.ip_unprivileged_port_start need CAP_NET_BIND_SERVICE; take a higher one.";
    case EAFNOSUPPORT:
      return subject + "This kernel has the address family switched off.";
    default:
      return subject + "The kernel refused.";
  }
}

}  // namespace closelab::net
