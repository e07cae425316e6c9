#include "server/lab/audit/proxy_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "server/lab/audit/command_client.h"
#include "server/lab/audit/loopback.h"

namespace closelab::lab {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::chrono::seconds longest_proxy_start{10};
constexpr milliseconds probe_every{5};
constexpr milliseconds longest_knock{1000};

/// A port that was free a moment ago: a proxy is told one, and can't tell which the kernel has chosen.
std::uint16_t free_port() {
  testbed::Socket socket;
  socket.open();
  socket.bind(on_loopback(0));
  return socket.local().port;
}

/// `127.0.0.1:40001` of `http://127.0.0.1:40001/bytes/10`.
std::string authority_of(const std::string& url) {
  const std::size_t begin = std::strlen("http://");
  return url.substr(begin, url.find('/', begin) - begin);
}

}  // namespace

std::string ProxyClient::cannot_play(const std::vector<PlanStep>& plan) const {
  const auto has = [&](StepKind kind) { return std::ranges::find(plan, kind, &PlanStep::kind) != plan.end(); };
  if (has(StepKind::get_close)) return "`Connection: close` of its client is no word to its upstream";
  return has(StepKind::get_follow) ? "its client follows redirects, and not the proxy" : "";
}

void ProxyClient::begin(const std::vector<ClientStep>& steps) {
  steps_ = steps;
  start(authority_of(steps.front().url));
}

void ProxyClient::start(const std::string& upstream) {
  end();
  folder_ = std::make_unique<TemporaryFolder>("closelab-proxy");
  port_ = free_port();
  const ProxyPlaces places{.conf = folder_->path() / "conf",
                           .folder = folder_->path(),
                           .listen = fmt::format("127.0.0.1:{}", port_),
                           .upstream = upstream};
  std::ofstream(places.conf) << fill_in(template_.text, places);
  std::vector<std::string> command;
  for (const std::string& word : template_.run) command.push_back(fill_in(word, places));
  process_ = std::make_unique<Child>(command);
  process_->close_input();
  await_listening();
  front_.emplace(port_);
}

void ProxyClient::await_listening() {
  const auto deadline = Clock::now() + longest_proxy_start;
  while (!connect_on_loopback(port_, longest_knock).is_open()) {
    if (!process_->is_running()) {
      process_->wait(deadline);
      throw std::runtime_error(fmt::format("the proxy ended with {}", process_->ending()));
    }
    if (Clock::now() > deadline)
      throw std::runtime_error(fmt::format("the proxy does not listen after {} s", longest_proxy_start.count()));
    std::this_thread::sleep_for(probe_every);
  }
}

Reply ProxyClient::play(std::size_t index) {
  process_->drain();
  return front_.value().play(steps_.at(index));
}

void ProxyClient::end() {
  front_.reset();
  process_.reset();
  folder_.reset();
}

void ProxyClient::exit() {
  if (!process_) return;
  front_.reset();
  process_->signal(SIGTERM);
  process_->wait(Clock::now() + longest_step);
}

std::string ProxyClient::version() {
  return first_line(template_.version.empty() ? std::vector{template_.run.front(), std::string("--version")}
                                              : template_.version);
}

}  // namespace closelab::lab
