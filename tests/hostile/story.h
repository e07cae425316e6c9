#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace closelab::hostile {

/// How much of everything: by default what ./check has time for.
struct Scale {
  /// How often each situation is tried in which a response could get lost, and the stop at a random moment.
  std::size_t tries = 100;
  /// Connections that are opened and closed, and servers that are started and stopped.
  std::size_t cycles = 3000;
  std::size_t restarts = 100;
  /// How long clients behave at random.
  std::chrono::seconds mixed{4};
  /// Of the places where a call or an allocation can fail, one in so many is tried.
  std::size_t place_step = 7;
  std::uint64_t seed = 0;
};

/// What was not as it should be; each is printed at once.
class Findings {
 public:
  void expect(bool as_it_should_be, const std::string& what);
  /// A part that can't be played on this machine. In CI (CI=true) it must be.
  void left_out(const std::string& why);
  std::size_t count() const { return count_; }

 private:
  std::size_t count_ = 0;
};

// Each story prints what it measured.

/// losses.cpp: does every response arrive, however the client behaves?
void losses(const Scale& scale, Findings& findings);
/// slow_attacks.cpp: slowhttptest against the timeouts.
void slow_attacks(const Scale& scale, Findings& findings);
/// floods.cpp: more connections than are allowed, or than there are descriptors.
void floods(const Scale& scale, Findings& findings);
/// resets.cpp: the client resets the connection, at every moment.
void resets(const Scale& scale, Findings& findings);
/// urgent_data.cpp: TCP's urgent data within a request.
void urgent_data(const Scale& scale, Findings& findings);
/// rule_changes.cpp: rules that change while they are read.
void rule_changes(const Scale& scale, Findings& findings);
/// vanished.cpp: clients whose packets stop coming.
void vanished(const Scale& scale, Findings& findings);
/// failing_calls.cpp: system calls that fail, are interrupted or do less than asked.
void failing_calls(const Scale& scale, Findings& findings);
/// each_failure.cpp: every allocation, and every system call, fails once.
void failing_memory(const Scale& scale, Findings& findings);
void each_call(const Scale& scale, Findings& findings);
/// failing_admin.cpp: every allocation of an admin port fails once.
void failing_admin(const Scale& scale, Findings& findings);
/// jumping_clock.cpp: a wall clock that jumps.
void jumping_clock(const Scale& scale, Findings& findings);
/// stops.cpp: stops at any moment.
void stops(const Scale& scale, Findings& findings);
/// restarts.cpp: many servers in one process, one after the other and several at once.
void restarts(const Scale& scale, Findings& findings);
/// soak.cpp: many connections, and clients that behave at random: does anything leak?
void cycles(const Scale& scale, Findings& findings);
void mixed(const Scale& scale, Findings& findings);
/// chaos.cpp: all of it at once, with stops and new servers.
void chaos(const Scale& scale, Findings& findings);

}  // namespace closelab::hostile
