#pragma once

#include <map>
#include <string>
#include <vector>

#include "server/lab/experiments/case_observer.h"
#include "server/lab/experiments/case_setup.h"
#include "server/lab/experiments/play_socket.h"

namespace closelab::lab {

/// Plays the steps of a case, one after the other, and keeps what was done.
class StepRunner {
 public:
  StepRunner(CaseSetup& stage, CaseObserver& witness, const Case& played);

  /// Throws std::exception when the play can't go on.
  void play(const std::vector<Step>& steps);
  /// What every socket of the play and the server's last step came to, and the transcript.
  void take_down(CaseOutcome& outcome) const;
  /// What the ends of the drawn connection, that of the first socket that connects, did.
  const std::vector<CallSeen>& calls() const { return calls_; }
  /// The ports at which the play listened.
  const std::vector<std::uint16_t>& server_ports() const { return server_ports_; }

 private:
  void perform(const Step& step);
  void direct_server(const Step& step);
  void direct_network(const Step& step);
  void act(const Step& step);
  int carry_out(PlaySocket& actor, const Step& step);
  int connect(PlaySocket& actor, const Step& step);
  int bind(PlaySocket& actor, const Step& step, Side side);
  int accept(PlaySocket& actor, const Step& step);
  int await_state(const PlaySocket& actor, const Step& step);
  void await_packet(const testbed::RelayRule& rule);

  void pause(std::chrono::milliseconds time);
  /// Watches while it waits.
  testbed::Wait waiting();
  void watch(const PlaySocket& actor);
  void add_call(const PlaySocket& actor, const Step& step, std::chrono::nanoseconds started);
  void write_down(const Step& step, const std::string& came_of_it);

  CaseSetup& stage_;
  CaseObserver& witness_;
  const std::uint16_t server_port_;
  std::vector<std::uint16_t> server_ports_;
  std::map<std::string, PlaySocket> actors_;
  testbed::Ends drawn_;
  std::vector<CallSeen> calls_;
  std::vector<std::string> transcript_;
  /// How often `deliver fitting` found a packet.
  std::uint64_t fitting_ = 0;
  std::string server_result_ = "ok";
  double server_took_ms_ = 0;
};

}  // namespace closelab::lab
