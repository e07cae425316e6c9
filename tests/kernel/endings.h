#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "closelab/persistence.h"
#include "closelab/verdict.h"
#include "tests/kernel/client.h"
#include "tests/kernel/lab.h"

namespace closelab::kernel_test {

/// One connection and what its script acts with.
struct Scene {
  Client& client;
  Random& random;
  LabServer& server;
};

/// A way in which a connection ends.
struct Ending {
  std::string_view name;
  Persona persona;
  /// How often it is drawn, in relation to the others.
  unsigned share;
  void (*script)(Scene&);
  /// The reasons that the server may give.
  std::vector<CloseReason> reasons;
  /// SO_RCVBUF of the client; 0: the kernel's default.
  int receive_buffer = 0;
  /// What is certain beyond what packets can tell.
  std::optional<TimeWait> time_wait{};
  /// Then the same client connects again at once, from the same port, and its second connection ends like that.
  const Ending* again = nullptr;
};

/// Endings that the client decides, endings that the server decides, those in the close modes that take their time, and
/// races between the two sides.
std::span<const Ending> client_endings();
std::span<const Ending> server_endings();
std::span<const Ending> mode_endings();
std::span<const Ending> races();
/// Clients that connect again from the same port, with the same machine's server.
std::span<const Ending> reused_tuples();
/// What matters with a client on another machine.
std::span<const Ending> remote_endings();

/// `GET path`, with `fields` complete with their CRLF.
std::string get(std::string_view path, std::string_view fields = "");

void read_and_close(Scene& scene);
/// A client takes its time between the server's FIN and what it does then.
void take_time(Scene& scene, unsigned least_ms, unsigned most_ms);
/// A request whose body is over the limit: refused with 413 while the client is still sending.
const std::string& too_large();
/// Sends too_large() in pieces, as fast as the server takes them.
void send_too_large_in_pieces(Scene& scene);

}  // namespace closelab::kernel_test
