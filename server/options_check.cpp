#include "server/options_check.h"

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string_view>

#include "server/connection/advertised.h"
#include "server/text/longest_time.h"

namespace closelab::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A value that is none of the enumeration's, which a cast can make, would lead nowhere.
template <class Enum>
void require_one_of(std::string_view key, Enum value, Enum last) {
  const auto number = static_cast<std::int64_t>(value);
  require(number >= 0 && number <= static_cast<std::int64_t>(last), std::string(key) + " is none of its values");
}

template <class Duration>
void require_time(std::string_view key, Duration value, Duration least, const char* least_text, Duration most,
                  const char* most_text) {
  require(value >= least && value <= most,
          std::string(key) + " must be " + std::string(least_text) + " to " + std::string(most_text));
}

void require_timeout(std::string_view key, milliseconds value) {
  require_time(key, value, milliseconds(1), "1 ms", longest_time, "a year");
}

void require_time_or_none(std::string_view key, milliseconds value) {
  require_time(key, value, milliseconds(0), "0 ms", longest_time, "a year");
}

/// What the kernel takes as an int, and would else take for another value.
void check_socket(const SocketOptions& socket) {
  constexpr int most_ms = std::numeric_limits<int>::max();
  const seconds year = std::chrono::duration_cast<seconds>(longest_time);
  require_one_of("tcp_nodelay", socket.tcp_nodelay, Switch::on);
  if (socket.linger) require_time("linger", *socket.linger, seconds(0), "0 s", year, "a year");
  if (socket.tcp_keepalive)
    require_time("tcp_keepalive", *socket.tcp_keepalive, seconds(1), "1 s", longest_tcp_keepalive, "32767 s");
  if (socket.tcp_user_timeout)
    require_time("tcp_user_timeout", *socket.tcp_user_timeout, milliseconds(1), "1 ms", milliseconds(most_ms),
                 "2147483647 ms");
  if (socket.tcp_linger2)
    require_time("tcp_linger2", *socket.tcp_linger2, seconds(1), "1 s", longest_tcp_linger2, "120 s");
}

void check_listen(const ListenOptions& listen) {
  require(listen.address.find('\0') == std::string::npos, "address must not hold a NUL byte");
  require(listen.backlog >= 0, "backlog must not be negative");
  require_one_of("reuse_address", listen.reuse_address, Switch::on);
  require_one_of("reuse_port", listen.reuse_port, Switch::on);
  require_one_of("ipv6_only", listen.ipv6_only, Switch::on);
  check(listen.mode);
}

void check_times(const Options& options) {
  require_timeout("idle_timeout", options.timeouts.idle_timeout);
  require_timeout("header_timeout", options.timeouts.header_timeout);
  require_timeout("body_timeout", options.timeouts.body_timeout);
  require_timeout("write_timeout", options.timeouts.write_timeout);
  require_timeout("lingering_time", options.lingering.time);
  require_time_or_none("delayed_time", options.close_times.delayed_time);
  require_time_or_none("half_time", options.close_times.half_time);
  require_time_or_none("deferred_time", options.close_times.deferred_time);
  require_time_or_none("grace", options.grace);
  if (options.records_age) require_time_or_none("records_age", *options.records_age);
}

/// A fixed value goes on the wire, where nothing negative means anything; an offset may be.
template <class Value>
void check_hint(std::string_view key, const Advertised<Value>& hint, Value most, const char* most_text) {
  using Kind = typename Advertised<Value>::Kind;
  require_one_of(key, hint.kind, Kind::offset);
  const Value least = hint.kind == Kind::offset ? -most : Value{};
  if (hint.kind == Kind::fixed || hint.kind == Kind::offset)
    require(hint.value >= least && hint.value <= most, std::string(key) + " must be at most " + most_text +
                                                           (hint.kind == Kind::fixed ? ", and not negative" : ""));
}

void check_keep_alive(const KeepAliveHints& hints) {
  check_hint("keep_alive_timeout", hints.timeout, most_advertised<milliseconds>, "a year");
  check_hint("keep_alive_max", hints.max, most_advertised<std::int64_t>, "2^53 - 1");
  require_one_of("keep_alive_when", hints.when, KeepAliveWhen::always);
}

void check_numbers(const Options& options) {
  require(options.reactors >= 1 && options.reactors <= 1024, "reactors must be 1 to 1024");
  require(options.reactors == 1 || !options.listen.fd, "a socket that is handed over is served by one reactor");
  require(options.max_connections >= 1, "max_connections must be at least 1");
  require(options.spare_descriptors <= 1024, "spare_descriptors must be at most 1024");
  require(options.lookup_every >= 1, "lookup_every must be at least 1");
  require(options.held_bytes != 0U, "held_bytes must be at least 1, or unset");
  require(options.request_limit != 0U, "request_limit must be at least 1, or unset");
  require(options.limits.target_bytes >= 1, "target_bytes must be at least 1");
  require(options.limits.header_bytes >= 1, "header_bytes must be at least 1");
  require(options.limits.header_count >= 1, "header_count must be at least 1");
}

}  // namespace

void require(bool condition, const std::string& message) {
  if (!condition) throw std::invalid_argument(message);
}

void check(const Options& options) {
  check_numbers(options);
  check_listen(options.listen);
  check_socket(options.socket);
  check_times(options);
  check_keep_alive(options.keep_alive);
  check(options.close_mode);
  require_one_of("lingering_when", options.lingering_when, LingeringWhen::unread);
  require_one_of("client_half_close", options.client_half_close, ClientHalfClose::abort);
  require_one_of("timeout_response", options.timeout_response, Switch::on);
  require_one_of("lookups", options.lookups, Switch::on);
}

void check(const DrainOptions& options) {
  require_one_of("announce", options.announce, Switch::on);
  require_time_or_none("idle_after", options.idle_after);
  require(!options.status || (*options.status >= 400 && *options.status <= 599), "status must be 400 to 599");
}

void check(CloseMode mode) { require_one_of("close_mode", mode, CloseMode::never); }

void check(ListenerMode mode) { require_one_of("listener", mode, ListenerMode::ignore); }

}  // namespace closelab::server
