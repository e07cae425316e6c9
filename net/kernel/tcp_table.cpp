#include "closelab/tcp_table.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <ostream>

#include "net/kernel/diag_filter.h"
#include "net/kernel/sock_diag.h"
#include "net/socket/socket_address.h"

namespace closelab {
namespace {

unsigned full_length(AddressFamily family) { return family == AddressFamily::ipv4 ? 32 : 128; }

std::uint32_t state_bits(const std::vector<TcpState>& states) {
  std::uint32_t bits = states.empty() ? net::all_states : 0;
  for (const TcpState state : states) bits |= net::state_bit(state);
  return bits;
}

/// Worth another try: the table changed under the dump, or a part of it was lost.
bool is_transient(int error) { return error == EAGAIN || error == ENOBUFS || error == EMSGSIZE; }

}  // namespace

TcpTable tcp_sockets(const TcpFilter& filter) {
  constexpr int tries = 3;
  const std::vector<std::byte> program = net::compile(filter);
  const std::uint32_t states = state_bits(filter.states);
  TcpTable table;
  int error = EAGAIN;
  for (int i = 0; i < tries && is_transient(error); ++i) {
    table.sockets.clear();
    // A dump that failed midway leaves the rest of it in its netlink socket, hence a new one.
    error = net::SockDiag().dump(states, program, [&](const TcpSocket& socket) { table.sockets.push_back(socket); });
  }
  if (error != 0) table.error = {error, std::system_category()};
  return table;
}

std::optional<AddressRange> parse_address_range(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = net::parse_address(std::string(text.substr(0, slash)), 0);
  if (!address) return std::nullopt;
  AddressRange range{.address = *address, .prefix_length = full_length(address->family)};
  if (slash == std::string_view::npos) return range;
  const std::string_view length = text.substr(slash + 1);
  const auto [end, error] = std::from_chars(length.begin(), length.end(), range.prefix_length);
  const bool read = error == std::errc{} && end == length.end();
  if (!read || range.prefix_length > full_length(address->family)) return std::nullopt;
  return range;
}

std::string to_string(const AddressRange& range) {
  const auto [address, length] = net::without_mapping(range);
  return address_text(address) + (length == full_length(address.family) ? "" : '/' + std::to_string(length));
}

StateCounts count_by_state(std::span<const TcpSocket> sockets) {
  std::array<std::size_t, 256> by_number{};
  for (const TcpSocket& socket : sockets) ++by_number[static_cast<std::uint8_t>(socket.state)];
  StateCounts counts;
  for (std::size_t number = 0; number < by_number.size(); ++number) {
    if (by_number[number] != 0) counts[static_cast<TcpState>(number)] = by_number[number];
  }
  return counts;
}

std::string describe(const StateCounts& counts) {
  std::string text;
  for (const auto& [state, count] : counts) {
    text += (text.empty() ? "" : ", ") + std::to_string(count) + ' ' + std::string(to_string(state));
  }
  return text;
}

std::string_view to_string(TcpTimer timer) {
  static constexpr std::array<std::string_view, 5> names{"none", "retransmit", "keepalive", "time_wait",
                                                         "window_probe"};
  return names[static_cast<std::size_t>(timer)];
}

std::ostream& operator<<(std::ostream& out, TcpTimer timer) { return out << to_string(timer); }

std::ostream& operator<<(std::ostream& out, const TcpSocket& socket) {
  out << to_string(socket.local) << " -> " << to_string(socket.remote) << ' ' << to_string(socket.state);
  if (socket.timer == TcpTimer::none) return out;
  return out << ", timer " << socket.timer << ' ' << socket.timer_left.count() << " ms";
}

}  // namespace closelab
