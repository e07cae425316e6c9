#pragma once

#include <string>
#include <string_view>

#include "closelab/endpoint.h"
#include "net/kernel/sock_diag.h"
#include "net/socket/unique_fd.h"
#include "tests/personas/observation.h"

namespace closelab::persona_test {

/// One connection to a server, that of a client that does only what it is told, and what became of it.
/// Whatever takes too long throws std::runtime_error.
class Visit {
 public:
  /// `receive_buffer`: SO_RCVBUF, for a client that takes little; 0 is the kernel's default.
  explicit Visit(const Endpoint& server, int receive_buffer = 0);

  /// Until everything is sent, or the server has reset the connection.
  void send(std::string_view bytes);
  void send_fin();
  /// Reads until so many answers are complete or the server has ended the connection.
  void read_answers(std::size_t count);
  void read_to_end();
  void read_first_bytes();
  /// Waits until the server has nothing more to do with the connection than to deliver: it has sent its FIN, or
  /// would have if the client took what is before it.
  void await_server_fin();
  /// Waits until the kernel on the other side has taken what was sent, or has refused it.
  void await_delivery();

  /// Closes, if the server has not, and asks the kernel what is left of the connection.
  Observation observe();

 private:
  bool read_some();
  net::SocketInfo look_up(const net::TcpTuple& tuple);
  TcpState settled_state(const net::TcpTuple& tuple);
  std::string time_wait();

  net::UniqueFd fd_;
  net::TcpTuple tuple_;
  net::SockDiag sock_diag_;
  std::string received_;
  std::string end_ = "open";
};

}  // namespace closelab::persona_test
