#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "closelab/endpoint.h"
#include "tests/personas/situations.h"
#include "tests/support/folder.h"
#include "tests/support/program.h"

namespace closelab::persona_test {

/// A real server, beside which its persona is compared.
struct RealServer {
  std::string name;
  /// Whether ./check provides it, so that it must be there in CI.
  bool provided = false;
  /// Looked for in PATH, where Debian has servers, and where ./check puts them.
  std::string program;
  /// `FOLDER` among them stands for the Folder, `CONFIGURATION` for the file's copy in it.
  std::vector<std::string> arguments;
  /// A file in tests/personas.
  std::string configuration;
  std::uint16_t standard_port = 0;
  std::uint16_t small_port = 0;
  /// Flags that give the persona the same small limits.
  std::vector<std::string> small_flags;
};

const std::vector<RealServer>& real_servers();

/// Its program on this machine; empty when it is not installed.
std::string find_program(const RealServer& server);

/// A real server that runs in the folder, until the end of scope.
class Running {
 public:
  Running(const RealServer& server, const Folder& folder);
  ~Running();
  Endpoint endpoint(Limits limits) const;

 private:
  const RealServer& server_;
  cli::Program program_;
};

/// The same server as a persona: conf/personas/NAME.toml, once as it is and once with small limits.
class Persona {
 public:
  explicit Persona(const RealServer& server);
  Endpoint endpoint(Limits limits) const;

 private:
  cli::Lab standard_;
  cli::Lab small_;
};

/// What real servers pass slow requests on to.
class Backend {
 public:
  Backend();

 private:
  cli::Program program_;
};

}  // namespace closelab::persona_test
