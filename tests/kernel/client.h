#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "closelab/endpoint.h"
#include "net/socket/unique_fd.h"

namespace closelab::kernel_test {

/// What one connection draws from; the seed decides it.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  /// From 0 to `most`.
  unsigned up_to(unsigned most) { return std::uniform_int_distribution<unsigned>(0, most)(engine_); }
  bool coin() { return up_to(1) == 1; }
  void spin(std::chrono::microseconds most);

 private:
  std::mt19937_64 engine_;
};

/// Busy, because a sleep takes at least 50 us: longer than the races that are wanted.
void spin_until(std::chrono::steady_clock::time_point time);

/// A blocking TCP client that takes failures as they come: in a race either side may be too late.
class Client {
 public:
  /// Throws std::runtime_error when the connection can't be made. `port`: its own; 0: any.
  Client(const Endpoint& server, int receive_buffer, std::uint16_t port = 0);

  int fd() const { return fd_.get(); }
  const Endpoint& local() const { return local_; }

  /// False when the connection took no more.
  bool send(std::string_view bytes);
  /// False at the end: EOF or an error.
  bool read_some(std::size_t most);
  void read_to_end();
  /// Reads an answer to its last bytes, which are `end`.
  void read_answer(std::string_view end);
  /// Waits for bytes, EOF or an error, and leaves them unread.
  void await_input();
  /// Waits for the server's FIN or RST, and leaves what came before it unread.
  void await_end();
  /// Waits for the server's RST, or for both FINs.
  void await_reset();
  /// Whether the server's FIN or RST is here.
  bool has_ended() const;

  void half_close();
  void close();
  /// close() that sends RST.
  void abort();

 private:
  void await(short events);

  net::UniqueFd fd_;
  Endpoint local_;
  std::string received_;
};

}  // namespace closelab::kernel_test
