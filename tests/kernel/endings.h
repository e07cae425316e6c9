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
};

/// Endings that the client decides, endings that the server decides, and races between the two.
std::span<const Ending> client_endings();
std::span<const Ending> server_endings();
std::span<const Ending> races();

/// `GET path`, with `fields` complete with their CRLF.
std::string get(std::string_view path, std::string_view fields = "");

}  // namespace closelab::kernel_test
