#include "net/testbed/relay.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "net/testbed/segment.h"

namespace closelab::testbed {

struct RelayCommand {
  enum class Kind : std::uint8_t { delay, rule, clear_rules, release, release_fitting, lost };
  Kind kind = Kind::delay;
  std::chrono::milliseconds delay{};
  RelayRule rule{};
};

namespace {

using Clock = std::chrono::steady_clock;

/// What surely fits a receiver's window: its first offer is larger.
constexpr std::uint32_t fitting_window = 56'000;

/// The relay's process.
class Network {
 public:
  Network(Wire client, Wire server) : client_(std::move(client)), server_(std::move(server)) {}

  /// Until the control socket's other end is closed.
  void run(int control);

 private:
  struct Travelling {
    Clock::time_point due;
    Side from;
    std::string bytes;
  };
  struct Kept {
    Packet packet;
    std::string bytes;
  };
  /// The receiver's next expected number, as its last ACK said.
  struct Expected {
    std::uint32_t next = 0;
  };

  std::uint32_t obey(const RelayCommand& command);
  void take(Side from);
  void route(std::string bytes, Side from);
  void deliver_due();
  void deliver(const std::string& bytes, Side from);
  void release();
  bool release_fitting();
  int wait_ms() const;

  Wire client_;
  Wire server_;
  std::chrono::milliseconds delay_{0};
  RelayRules rules_;
  std::deque<Travelling> travelling_;
  std::vector<Kept> kept_;
  Expected by_client_;
  Expected by_server_;
};

void Network::run(int control) {
  while (true) {
    std::array<pollfd, 3> entries{{{control, POLLIN, 0}, {client_.fd(), POLLIN, 0}, {server_.fd(), POLLIN, 0}}};
    ::poll(entries.data(), entries.size(), wait_ms());
    deliver_due();
    take(Side::client);
    take(Side::server);
    if (entries[0].revents == 0) continue;
    RelayCommand command;
    if (::recv(control, &command, sizeof command, 0) != sizeof command) return;
    const std::uint32_t answer = obey(command);
    ::send(control, &answer, sizeof answer, MSG_NOSIGNAL);
  }
}

std::uint32_t Network::obey(const RelayCommand& command) {
  switch (command.kind) {
    case RelayCommand::Kind::delay:
      delay_ = command.delay;
      return 0;
    case RelayCommand::Kind::rule:
      rules_.add(command.rule);
      return 0;
    case RelayCommand::Kind::clear_rules:
      rules_.clear();
      return 0;
    case RelayCommand::Kind::release:
      release();
      return 0;
    case RelayCommand::Kind::release_fitting:
      return release_fitting() ? 1 : 0;
    case RelayCommand::Kind::lost:
      return client_.lost() + server_.lost();
  }
  return 0;
}

void Network::take(Side from) {
  Wire& wire = from == Side::client ? client_ : server_;
  for (std::string bytes; wire.take(bytes);) route(bytes, from);
}

void Network::route(std::string bytes, Side from) {
  const auto* const begin = reinterpret_cast<const unsigned char*>(bytes.data());
  const std::optional<Segment> segment = parse_segment({begin, bytes.size()}, client_.layer());
  if (!segment) return;  // what is not TCP over IPv4 or IPv6, a router solicitation for example, goes nowhere
  Packet packet = segment->packet;
  packet.from = from;
  const RelayRules::Decision decision = rules_.decide(packet);
  if (decision.keep) kept_.push_back({packet, bytes});
  if (!decision.deliver) return;
  if (packet.has(ack)) (from == Side::client ? by_client_ : by_server_).next = packet.acknowledgement;
  if (delay_.count() == 0) return deliver(bytes, from);
  travelling_.push_back({Clock::now() + delay_, from, std::move(bytes)});
}

void Network::deliver_due() {
  for (; !travelling_.empty() && travelling_.front().due <= Clock::now(); travelling_.pop_front()) {
    deliver(travelling_.front().bytes, travelling_.front().from);
  }
}

void Network::deliver(const std::string& bytes, Side from) { (from == Side::client ? server_ : client_).send(bytes); }

void Network::release() {
  for (const Kept& kept : std::exchange(kept_, {})) deliver(kept.bytes, kept.packet.from);
}

bool Network::release_fitting() {
  // Its ACK has to make sense, too (RFC 5961 section 5.2): of something that the receiver has sent, and not long ago.
  const auto fits = [this](const Kept& kept) {
    const bool to_server = kept.packet.from == Side::client;
    const std::uint32_t receiver_expects = (to_server ? by_server_ : by_client_).next;
    const std::uint32_t receiver_has_sent = (to_server ? by_client_ : by_server_).next;
    return kept.packet.sequence - receiver_expects < fitting_window &&
           kept.packet.end() - receiver_expects < fitting_window &&
           receiver_has_sent - kept.packet.acknowledgement < fitting_window;
  };
  const auto found = std::ranges::find_if(kept_, fits);
  if (found == kept_.end()) return false;
  deliver(found->bytes, found->packet.from);
  return true;
}

int Network::wait_ms() const {
  if (travelling_.empty()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(travelling_.front().due - Clock::now());
  return static_cast<int>(std::max<std::int64_t>(0, left.count()));
}

}  // namespace

Relay::Relay(Wire client, Wire server) {
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0)
    throw std::system_error(errno, std::generic_category(), "socketpair");
  control_ = net::UniqueFd(pair[0]);
  net::UniqueFd theirs(pair[1]);
  pid_ = ::fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ > 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  control_.reset();
  try {
    Network(std::move(client), std::move(server)).run(theirs.get());
  } catch (const std::system_error&) {
    ::_exit(EXIT_FAILURE);
  }
  ::_exit(EXIT_SUCCESS);
}

Relay::~Relay() {
  control_.reset();
  ::waitpid(pid_, nullptr, 0);
}

void Relay::set_delay(std::chrono::milliseconds delay) { tell({.kind = RelayCommand::Kind::delay, .delay = delay}); }
void Relay::add(const RelayRule& rule) { tell({.kind = RelayCommand::Kind::rule, .rule = rule}); }
void Relay::clear_rules() { tell({.kind = RelayCommand::Kind::clear_rules}); }
void Relay::release() { tell({.kind = RelayCommand::Kind::release}); }
bool Relay::release_fitting() { return tell({.kind = RelayCommand::Kind::release_fitting}) != 0; }
std::uint32_t Relay::lost() { return tell({.kind = RelayCommand::Kind::lost}); }

std::uint32_t Relay::tell(const RelayCommand& command) {
  std::uint32_t answer = 0;
  ::send(control_.get(), &command, sizeof command, MSG_NOSIGNAL);
  if (::recv(control_.get(), &answer, sizeof answer, 0) != sizeof answer)
    throw std::runtime_error("the relay between the hosts is gone");
  return answer;
}

}  // namespace closelab::testbed
