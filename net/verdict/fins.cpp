#include "net/verdict/fins.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <ostream>
#include <variant>

namespace closelab {
namespace net {
namespace {

/// States into which an end comes by sending its FIN.
bool has_sent_fin(TcpState state) {
  return state == TcpState::fin_wait_1 || state == TcpState::fin_wait_2 || state == TcpState::closing ||
         state == TcpState::time_wait || state == TcpState::last_ack;
}

struct ShowsClientFin {
  bool operator()(const fact::ReceivedFin&) const { return true; }
  bool operator()(const fact::Sampled& sample) const { return has_peers_fin(sample.state); }
  bool operator()(const fact::OwnSocket& socket) const { return has_peers_fin(socket.state); }
  bool operator()(const fact::PeerSocket& socket) const { return has_sent_fin(socket.state); }
  // An RST that finds our end in CLOSE_WAIT.
  bool operator()(const fact::PendingError& pending) const { return pending.error == EPIPE; }
  bool operator()(const fact::Segment& segment) const { return segment.fin && segment.from == Sender::client; }
  template <class Other>
  bool operator()(const Other&) const {
    return false;
  }
};

struct ShowsServerFin {
  bool operator()(const fact::SentFin&) const { return true; }
  bool operator()(const fact::Sampled& sample) const { return has_sent_fin(sample.state); }
  bool operator()(const fact::OwnSocket& socket) const { return has_sent_fin(socket.state); }
  bool operator()(const fact::PeerSocket& socket) const { return has_peers_fin(socket.state); }
  bool operator()(const fact::Segment& segment) const { return segment.fin && segment.from == Sender::server; }
  template <class Other>
  bool operator()(const Other&) const {
    return false;
  }
};

}  // namespace

bool has_peers_fin(TcpState state) {
  return state == TcpState::close_wait || state == TcpState::last_ack || state == TcpState::closing ||
         state == TcpState::time_wait;
}

bool shows_client_fin(const Evidence& evidence) { return std::visit(ShowsClientFin{}, evidence.fact); }

bool shows_server_fin(const Evidence& evidence) { return std::visit(ShowsServerFin{}, evidence.fact); }

}  // namespace net

FinSentBy fin_sent_by(const std::vector<Evidence>& evidence) {
  const bool client = std::ranges::any_of(evidence, net::shows_client_fin);
  const bool server = std::ranges::any_of(evidence, net::shows_server_fin);
  if (server) return client ? FinSentBy::both : FinSentBy::server;
  return client ? FinSentBy::client : FinSentBy::nobody;
}

std::string_view to_string(FinSentBy sent_by) {
  static constexpr std::array<std::string_view, 4> names{"nobody", "server", "client", "both"};
  return names[static_cast<std::size_t>(sent_by)];
}

std::ostream& operator<<(std::ostream& out, FinSentBy sent_by) { return out << to_string(sent_by); }

}  // namespace closelab
