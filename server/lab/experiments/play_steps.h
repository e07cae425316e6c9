#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/testbed/relay_rules.h"

namespace closelab::lab {

/// What a step of a play does. Each verb's form is in the table of play_script.cpp.
enum class Verb : std::uint8_t {
  // without an actor
  pause,
  repeat,
  // of `server`
  start,
  stop,
  kill,
  terminate,
  hold_close,
  release_close,
  close_idle,
  // of `network`
  delay,
  filter,
  pass,
  deliver,
  deliver_fitting,
  await_packet,
  // of any other actor, a socket
  connect,
  bind,
  listen,
  accept,
  get,
  post,
  send,
  read_response,
  read_bytes,
  read_end,
  shutdown_write,
  close,
  abort,
  linger,
  linger2,
  await_state,
};

/// What `connect`, `bind` and `listen` are told besides the port.
struct SocketChoices {
  bool reuse_address = false;
  bool reuse_port = false;
  /// The local port of `connect`; 0: the kernel chooses.
  std::uint16_t from = 0;
  /// SO_RCVBUF; 0: the kernel's default.
  std::uint64_t receive_buffer = 0;
};

/// One line of a play.
struct Step {
  unsigned line = 0;
  /// As it is written.
  std::string text{};
  std::string actor{};
  Verb verb = Verb::pause;
  /// `repeat`: how often; sockets: a port or a number of bytes.
  std::uint64_t number = 0;
  std::chrono::milliseconds time{};
  /// A path, a listener's name, a state, or bytes to send.
  std::string word{};
  /// `get` and `post`: field lines with their CRLF.
  std::string fields{};
  bool http_1_0 = false;
  /// `await peer STATE`.
  bool of_peer = false;
  SocketChoices choices{};
  /// What the network is to do; `await` uses what it matches.
  testbed::RelayRule rule{};
  /// What `repeat` repeats.
  std::vector<Step> body{};
};

/// Something that is wrong with a line.
struct StepError {
  unsigned line = 0;
  std::string what;
};

struct ParsedSteps {
  std::vector<Step> steps;
  std::vector<StepError> errors;
};

/// Reads a play: a step a line, `ACTOR VERB ARGUMENTS`; `#` begins a comment. Its first line is `first_line` of its
/// file.
ParsedSteps parse_steps(std::string_view text, unsigned first_line);

/// The sockets of a play, in order of appearance.
std::vector<std::string> actors_of(const std::vector<Step>& steps);

}  // namespace closelab::lab
