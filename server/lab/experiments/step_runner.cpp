#include "server/lab/experiments/step_runner.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <stdexcept>

namespace closelab::lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// How long a step waits for what does not come.
constexpr milliseconds patience{8000};
constexpr int look_again_ms = 1;
/// A repeat is not written down in full.
constexpr std::size_t longest_transcript = 60;

double elapsed_ms(steady_clock::duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

std::string without_actor(const Step& step) { return step.text.substr(step.actor.size() + 1); }

/// The step as a call of the sockets API, for the ladder; empty when it is none.
std::string call_text(const Step& step, const PlaySocket& actor) {
  switch (step.verb) {
    case Verb::connect:
      return "connect()";
    case Verb::accept:
      return "accept()";
    case Verb::get:
    case Verb::post:
      return fmt::format("sends {} {}", step.verb == Verb::get ? "GET" : "POST", step.word);
    case Verb::send:
      return fmt::format("sends {} bytes", step.word.size());
    case Verb::read_response:
    case Verb::read_bytes:
    case Verb::read_end:
      return "reads " + actor.read_last();
    case Verb::shutdown_write:
      return "shutdown(SHUT_WR)";
    case Verb::close:
      return "close()";
    case Verb::abort:
      return "close(), linger 0";
    default:
      return "";
  }
}

bool is_reading(Verb verb) { return verb == Verb::read_response || verb == Verb::read_bytes || verb == Verb::read_end; }

}  // namespace

StepRunner::StepRunner(CaseSetup& stage, CaseObserver& witness, const Case& played)
    : stage_(stage), witness_(witness), server_port_(played.server.options.listen.port), server_ports_{server_port_} {}

void StepRunner::play(const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    if (step.verb == Verb::repeat) {
      for (std::uint64_t i = 0; i < step.number; ++i) play(step.body);
      continue;
    }
    try {
      perform(step);
    } catch (const std::exception& error) {
      throw std::runtime_error(fmt::format("line {}, {}: {}", step.line, step.text, error.what()));
    }
  }
}

void StepRunner::perform(const Step& step) {
  if (step.verb == Verb::pause) {
    pause(step.time);
  } else if (step.actor == "server") {
    direct_server(step);
  } else if (step.actor == "network") {
    direct_network(step);
  } else {
    act(step);
  }
  witness_.look();
}

void StepRunner::direct_server(const Step& step) {
  ServerProcess& server = stage_.server();
  const auto started = steady_clock::now();
  calls_.push_back({now(), Side::server, without_actor(step)});
  switch (step.verb) {
    case Verb::start:
      server_result_ = server.start();
      break;
    case Verb::kill:
    case Verb::terminate:
      server.end_by(step.verb == Verb::kill ? SIGKILL : SIGTERM);
      break;
    default:
      server.tell(without_actor(step));
  }
  server_took_ms_ = elapsed_ms(steady_clock::now() - started);
  write_down(step, server_result_);
}

void StepRunner::direct_network(const Step& step) {
  testbed::Relay& relay = stage_.relay();
  switch (step.verb) {
    case Verb::delay:
      return relay.set_delay(step.time);
    case Verb::filter:
      return relay.add(step.rule);
    case Verb::pass:
      return relay.clear_rules();
    case Verb::deliver:
      return relay.release();
    case Verb::await_packet:
      return await_packet(step.rule);
    default:
      fitting_ += relay.release_fitting() ? 1 : 0;
  }
}

void StepRunner::act(const Step& step) {
  PlaySocket& actor = actors_[step.actor];
  const bool makes = step.verb <= Verb::accept;
  // The play goes on without a socket whose connect() failed.
  const bool can_wait = step.verb == Verb::await_state && actor.ends() != testbed::Ends{};
  if (!makes && !actor.is_open() && !can_wait) return;
  const std::chrono::nanoseconds at = now();
  const auto started = steady_clock::now();
  const int error = carry_out(actor, step);
  actor.note(error, elapsed_ms(steady_clock::now() - started));
  add_call(actor, step, is_reading(step.verb) ? now() : at);
  write_down(step, is_reading(step.verb) ? actor.read_last() : actor.result());
}

int StepRunner::carry_out(PlaySocket& actor, const Step& step) {
  switch (step.verb) {
    case Verb::connect:
      return connect(actor, step);
    case Verb::bind:
      return bind(actor, step, Side::client);
    case Verb::listen:
      return bind(actor, step, Side::server);
    case Verb::accept:
      return accept(actor, step);
    case Verb::get:
    case Verb::post:
      return actor.request(step, waiting());
    case Verb::send:
      return actor.send(step, waiting());
    case Verb::read_response:
      return actor.read_response(waiting());
    case Verb::read_bytes:
      return actor.read_bytes(step.number, waiting());
    case Verb::read_end:
      return actor.read_end(waiting());
    case Verb::shutdown_write:
      return actor.shutdown_write();
    case Verb::close:
      return actor.close();
    case Verb::abort:
      return actor.abort();
    case Verb::await_state:
      return await_state(actor, step);
    default:
      return actor.set(step);
  }
}

int StepRunner::connect(PlaySocket& actor, const Step& step) {
  if (const int error = actor.open(Side::client, step.choices)) return error;
  if (step.choices.from > 0) {
    if (const int error = actor.bind(stage_.address(Side::client, step.choices.from))) return error;
  }
  const std::uint16_t port = step.number > 0 ? static_cast<std::uint16_t>(step.number) : server_port_;
  return actor.connect(
      stage_.address(Side::server, port), [&] { watch(actor); }, waiting());
}

int StepRunner::bind(PlaySocket& actor, const Step& step, Side side) {
  stage_.enter(side);
  int error = actor.open(side, step.choices);
  stage_.enter(Side::client);
  const auto port = static_cast<std::uint16_t>(step.number);
  if (error == 0) error = actor.bind(stage_.address(side, port));
  if (error != 0 || step.verb == Verb::bind) return error;
  server_ports_.push_back(port);
  return actor.listen();
}

int StepRunner::accept(PlaySocket& actor, const Step& step) {
  const int error = actor.accept(actors_[step.word], waiting());
  for (auto& [name, other] : actors_) {
    if (!other.is_open() || other.side() == actor.side() || other.ends() != actor.ends()) continue;
    actor.set_peer(&other);
    other.set_peer(&actor);
  }
  return error;
}

int StepRunner::await_state(const PlaySocket& actor, const Step& step) {
  const Side own = actor.side();
  const Side side = !step.of_peer ? own : own == Side::client ? Side::server : Side::client;
  const auto until = steady_clock::now() + patience;
  while (to_string(witness_.state_of(side, actor.ends())) != step.word) {
    if (steady_clock::now() > until) return testbed::waited_in_vain;
    pause(milliseconds(look_again_ms));
  }
  return 0;
}

void StepRunner::await_packet(const testbed::RelayRule& rule) {
  const auto until = steady_clock::now() + patience;
  while (!stage_.has_captured(rule.match, rule.from)) {
    if (steady_clock::now() > until) throw std::runtime_error("it was not sent");
    pause(milliseconds(look_again_ms));
  }
}

void StepRunner::pause(milliseconds time) {
  const auto until = steady_clock::now() + time;
  do {
    witness_.look();
    const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now()).count();
    ::poll(nullptr, 0, static_cast<int>(std::clamp<std::int64_t>(left, 0, look_again_ms)));
  } while (steady_clock::now() < until);
}

testbed::Wait StepRunner::waiting() {
  return [this](int fd, short events) {
    const auto until = steady_clock::now() + patience;
    pollfd entry{.fd = fd, .events = events, .revents = 0};
    while (::poll(&entry, 1, look_again_ms) == 0) {
      if (steady_clock::now() > until) return false;
      witness_.look();
    }
    return true;
  };
}

void StepRunner::watch(const PlaySocket& actor) {
  if (witness_.is_watching() || actor.ends() == testbed::Ends{}) return;
  drawn_ = actor.ends();
  witness_.watch(drawn_);
}

void StepRunner::add_call(const PlaySocket& actor, const Step& step, std::chrono::nanoseconds at) {
  if (actor.ends() != drawn_) return;
  std::string text = call_text(step, actor);
  if (text.empty()) return;
  if (!is_reading(step.verb) && actor.result() != "ok") text += ": " + actor.result();
  calls_.push_back({at, actor.side(), std::move(text)});
}

void StepRunner::write_down(const Step& step, const std::string& came_of_it) {
  if (transcript_.size() < longest_transcript)
    transcript_.push_back(fmt::format("{}: {}", step.text, came_of_it));
  else if (transcript_.size() == longest_transcript)
    transcript_.push_back("and so on");
}

void StepRunner::take_down(CaseOutcome& outcome) const {
  for (const auto& [name, actor] : actors_) {
    actor.take_down(name, outcome.observed);
    if (actor.ends() == testbed::Ends{}) continue;
    const Side other = actor.side() == Side::client ? Side::server : Side::client;
    outcome.observed[name + ".state"] = observed(std::string(to_string(witness_.state_of(actor.side(), actor.ends()))));
    outcome.observed[name + ".peer_state"] = observed(std::string(to_string(witness_.state_of(other, actor.ends()))));
  }
  outcome.observed["network.fitting"] = observed_number(static_cast<double>(fitting_));
  outcome.observed["server.result"] = observed(server_result_);
  outcome.observed["server.took"] = observed_time(server_took_ms_);
  outcome.transcript = transcript_;
}

}  // namespace closelab::lab
