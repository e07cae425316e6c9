#pragma once

#include <map>
#include <string>
#include <vector>

#include "server/lab/run/actor.h"
#include "server/lab/run/stage.h"
#include "server/lab/run/witness.h"

namespace closelab::lab {

/// Plays the steps of a case, one after the other, and keeps what was done.
class Player {
 public:
  Player(Stage& stage, Witness& witness, const Case& played);

  /// Throws std::exception when the play can't go on.
  void play(const std::vector<Step>& steps);
  /// What every socket of the play and the server's last step came to, and the transcript.
  void take_down(CaseOutcome& outcome) const;
  /// What the ends of the drawn connection, that of the first socket that connects, did.
  const std::vector<testbed::Call>& calls() const { return calls_; }
  /// The ports at which the play listened.
  const std::vector<std::uint16_t>& server_ports() const { return server_ports_; }

 private:
  void perform(const Step& step);
  void direct_server(const Step& step);
  void direct_network(const Step& step);
  void act(const Step& step);
  int carry_out(Actor& actor, const Step& step);
  int connect(Actor& actor, const Step& step);
  int bind(Actor& actor, const Step& step, Side side);
  int accept(Actor& actor, const Step& step);
  int await_state(const Actor& actor, const Step& step);
  void await_packet(const testbed::RelayRule& rule);

  void pause(std::chrono::milliseconds time);
  /// Watches while it waits.
  testbed::Wait waiting();
  void watch(const Actor& actor);
  void add_call(const Actor& actor, const Step& step, std::chrono::nanoseconds started);
  void write_down(const Step& step, const std::string& came_of_it);

  Stage& stage_;
  Witness& witness_;
  const std::uint16_t server_port_;
  std::vector<std::uint16_t> server_ports_;
  std::map<std::string, Actor> actors_;
  testbed::Ends drawn_;
  std::vector<testbed::Call> calls_;
  std::vector<std::string> transcript_;
  /// How often `deliver fitting` found a packet.
  std::uint64_t fitting_ = 0;
  std::string server_result_ = "ok";
  double server_took_ms_ = 0;
};

}  // namespace closelab::lab
