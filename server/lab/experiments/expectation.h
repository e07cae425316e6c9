#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace closelab::lab {

/// Something that was seen in a play: `time_wait` is `server`. Durations count in milliseconds.
struct Observation {
  std::string text{};
  std::optional<double> number{};
  /// Why something may be missing in it; empty when nothing is.
  std::string doubt{};
};

/// By name; see Vocabulary.
using Observations = std::map<std::string, Observation>;

/// What is expected of one observation: `client.received >= 1MiB`, `time_wait = server`.
struct Expectation {
  enum class Relation : std::uint8_t { equal, not_equal, less, at_most, more, at_least, has };
  unsigned line = 0;
  /// As it is written.
  std::string text{};
  std::string name{};
  Relation relation = Relation::equal;
  Observation value{};
  /// The value is another observation's name.
  bool of_observation = false;
};

/// What kind of value an observation has; `size` takes units of bytes, `states` is for lists of TCP states.
struct Meaning {
  enum class Kind : std::uint8_t { unknown, number, time, size, word, states };
  Kind kind = Kind::unknown;
  /// The values of a `word`.
  std::vector<std::string_view> words{};
};

/// What can be observed: the meaning of a name, and what to say of a name without one.
struct ObservationNames {
  std::function<Meaning(std::string_view name)> meaning;
  std::function<std::string(std::string_view name)> unknown;
};

/// Reads `NAME RELATION VALUE`. What is wrong with the text is put into `error`.
Expectation parse_expectation(std::string_view text, const ObservationNames& names, std::string& error);

/// What can be observed in a play of an experiment, and the values that it can have: `has` is for lists of TCP states.
///
///   closed_first, closed_by, reset_by    of the connection that is drawn, from its packets
///   time_wait, time_wait.SIDE, time_wait_left.SIDE
///                                        who holds TIME_WAIT at the end, on how many sockets, and the longest time
///                                        left, as sock_diag shows it
///   connections, resets, closed_first.SIDE
///                                        how many connections there were, had an RST, were closed first by a side
///   segments, segments.in_datagram       segments of the drawn connection; that fill their IP datagram
///   handshake.segments, close.segments, fins.SIDE
///                                        segments until the connection is established; from the first FIN on; with FIN
///   close.segments.least                 the fewest of any connection
///   states.SIDE                          TCP states in which that end was seen
///   sock_diag.STATE, netstat.STATE       sockets in a state at the end, as sock_diag and as netstat count them
///   netstat.lines                        lines of netstat -nat | grep TIME_WAIT
///   kernel.COUNTER                       by how much a counter of /proc/net/netstat or snmp has grown
///   ACTOR.result, took, connected, received, foreign, responses, incomplete, end, state, peer_state
///                                        of a socket of the play: how its last call ended, how long the longest took,
///                                        how many connects succeeded, bytes and complete and incomplete responses that
///                                        it read, how reading ended (eof, reset, none), and the states in the end
///   network.fitting                      how often `deliver fitting` found a packet
///   server.result, server.took           of the server's last step
class Vocabulary {
 public:
  /// For a play with these sockets.
  explicit Vocabulary(std::vector<std::string> actors) : actors_(std::move(actors)) {}

  /// What is wrong with the text is put into `error`.
  Expectation parse(std::string_view text, std::string& error) const;

 private:
  Meaning meaning(std::string_view name) const;
  std::string unknown_name(std::string_view name) const;

  std::vector<std::string> actors_;
};

/// Whether what was seen is what is expected; empty when it was not seen, or what is expected may have been missed.
std::optional<bool> holds(const Expectation& expectation, const Observations& seen);

constexpr std::string_view not_seen = "not seen";

/// The observation as it was seen, for messages; or not_seen.
std::string seen_text(const Expectation& expectation, const Observations& seen);

Observation observed(std::string text);
Observation observed_number(double number);
Observation observed_time(double milliseconds);

}  // namespace closelab::lab
