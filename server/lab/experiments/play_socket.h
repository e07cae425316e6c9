#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "closelab/verdict.h"
#include "net/testbed/segment.h"
#include "net/testbed/socket.h"
#include "server/lab/experiments/outcome.h"
#include "server/lab/experiments/play_steps.h"
#include "server/lab/experiments/response_reader.h"

namespace closelab::lab {

/// A socket of a play and what it saw. Each call takes the step it carries out, and returns 0, an errno, or
/// testbed::waited_in_vain.
class PlaySocket {
 public:
  int open(Side side, const SocketChoices& choices);
  /// `on_way` is called when the SYN has been sent.
  int connect(const Endpoint& to, const std::function<void()>& on_way, const testbed::Wait& wait);
  int bind(const Endpoint& to) { return socket_.bind(to); }
  int listen() { return socket_.listen(); }
  int accept(PlaySocket& listener, const testbed::Wait& wait);

  int request(const Step& step, const testbed::Wait& wait);
  int send(const Step& step, const testbed::Wait& wait);
  int read_response(const testbed::Wait& wait);
  int read_bytes(std::uint64_t at_least, const testbed::Wait& wait);
  int read_end(const testbed::Wait& wait);
  int set(const Step& step);
  int shutdown_write() { return socket_.shutdown_write(); }
  int close() { return socket_.close(); }
  int abort() { return socket_.abort(); }

  bool is_open() const { return socket_.is_open(); }
  Side side() const { return side_; }
  /// The ends of its connection; known while connect() waits, too.
  const testbed::Ends& ends() const { return ends_; }
  /// The connection's other end, if it is a socket of the play.
  void set_peer(const PlaySocket* peer) { peer_ = peer; }
  /// How the last step ended.
  void note(int error, double took_ms);
  const std::string& result() const { return result_; }
  /// What it read last: `200 OK`, `EOF`.
  const std::string& read_last() const { return read_last_; }
  void take_down(const std::string& name, Observations& observed) const;

 private:
  void make_room(Side side);
  testbed::Socket::Received receive(const testbed::Wait& wait);
  void note_end(const testbed::Socket::Received& received);
  void count_foreign(std::string_view bytes);

  testbed::Socket socket_;
  /// Sockets that had its name before, and were not closed.
  std::vector<testbed::Socket> left_open_;
  testbed::Ends ends_;
  Side side_ = Side::client;
  const PlaySocket* peer_ = nullptr;
  ResponseReader reader_;
  std::string result_ = "ok";
  std::string read_last_;
  std::string end_ = "none";
  /// The longest.
  double took_ms_ = 0;
  std::uint64_t connected_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t responses_ = 0;
  std::uint64_t incomplete_ = 0;
  /// The character that fills what it sends, and how many bytes it read that are not what its peer sends.
  char sends_ = 0;
  std::uint64_t foreign_ = 0;
};

/// `ok`, `timeout`, `ECONNRESET`.
std::string result_text(int error);

}  // namespace closelab::lab
