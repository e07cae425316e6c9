#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace closelab::bench {

/// What each connection of the load does.
enum class Mode : std::uint8_t {
  keep_alive,     ///< asks again when it is answered, `depth` requests at a time
  server_closes,  ///< asks once with "Connection: close", waits for the server's FIN, answers it
  client_closes,  ///< asks once and sends its FIN
  client_resets,  ///< asks once and sends an RST
  idle,           ///< asks once and stays open until the load's standard input ends
};

std::optional<Mode> parse_mode(std::string_view name);

struct Plan {
  Mode mode = Mode::keep_alive;
  std::uint16_t port = 0;
  std::string path = "/";
  std::size_t connections = 64;
  /// Requests sent in one piece.
  std::size_t depth = 1;
  /// Addresses of the server that connections are spread over, from 127.0.0.1 on: each has a client's ports of its own.
  std::size_t addresses = 1;
  std::chrono::duration<double> time{1};
  /// Ends the load early; 0 is any number.
  std::uint64_t requests = 0;
  /// Pace, in connections a second; 0 is as fast as they end.
  double rate = 0;
};

enum class Failure : std::uint8_t { connect, reset, closed_early, wrong_answer, unfinished };
constexpr std::size_t failure_kinds = 5;
std::string_view to_string(Failure failure);

struct Result {
  std::uint64_t requests = 0;
  std::uint64_t connections = 0;
  std::array<std::uint64_t, failure_kinds> failures{};
  /// From sending to the answer's last byte; where a connection carries one request from connect() to the end of what
  /// the client waits for. Of pipelined requests one value for all.
  std::vector<std::uint32_t> latencies_ns;
  double seconds = 0;

  std::uint64_t failed() const;
};

/// Puts the load on the server from this thread. When `mode` is idle, says "ready" on standard output once every
/// connection has been answered.
Result put_load(const Plan& plan);

}  // namespace closelab::bench
