#include "tests/conformance/peer.h"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "tests/conformance/reply.h"
#include "tests/loopback/client.h"

namespace closelab::conformance {
namespace {

using Kind = Step::Kind;

// How long a server may think before it counts as waiting for more.
constexpr std::chrono::milliseconds thinking_time{300};

struct Observed {
  std::vector<int> statuses;
  std::string end;
};

// What our vectors call 200 is any answer that is not about the message itself.
int family(int status) {
  const bool served = (status >= 200 && status < 400) || status == 404 || status == 405;
  return served ? 200 : status;
}

class Observer {
 public:
  Observer(const Vector& vector, const Endpoint& server) : vector_(vector), client_(server) {}

  Observed observe() {
    for (const Step& step : vector_.steps) {
      if (step.kind == Kind::send) client_.try_send(step.text);
      if (step.kind == Kind::fin) client_.send_fin();
      if (step.kind == Kind::reply && step.status == 100) receive();
    }
    receive();
    Observed observed{read_statuses(), ended_ ? end_ : "waits"};
    if (!ended_) observed.end = probe() ? "kept" : end_;
    return observed;
  }

 private:
  void receive() {
    pollfd entry{.fd = client_.fd(), .events = POLLIN, .revents = 0};
    while (!ended_ && ::poll(&entry, 1, static_cast<int>(thinking_time.count())) == 1) {
      const loopback::Received step = client_.receive_some();
      received_ += step.bytes;
      ended_ = step.bytes.empty();
      end_ = step.error == 0 ? "FIN" : "RST";
    }
  }

  RequestMethod method_of(std::size_t index) const {
    std::size_t at = 0;
    for (const Step& step : vector_.steps) {
      if (step.kind != Kind::reply || step.status < 200) continue;
      at += step.count;
      if (index < at) return step.text.starts_with("HEAD") ? RequestMethod::head : RequestMethod::other;
    }
    return RequestMethod::other;
  }

  std::vector<int> read_statuses() {
    std::vector<int> statuses;
    while (!received_.empty()) {
      const Reply reply = read_reply(received_, method_of(statuses.size()), ended_);
      if (reply.state != Reply::State::complete) return statuses.push_back(0), statuses;
      received_.erase(0, reply.size);
      if (reply.status >= 200) statuses.push_back(family(reply.status));
    }
    return statuses;
  }

  bool probe() {
    end_ = "waits";
    client_.try_send("GET / HTTP/1.1\r\nHost: probe\r\n\r\n");
    receive();
    return !received_.empty();
  }

  const Vector& vector_;
  loopback::Client client_;
  std::string received_;
  std::string end_;
  bool ended_ = false;
};

Alternative expected_of(const Vector& vector) {
  Alternative expected;
  for (const Step& step : vector.steps) {
    if (step.kind == Kind::kept) expected.kept = true;
    if (step.kind != Kind::reply || step.status < 200) continue;
    expected.statuses.insert(expected.statuses.end(), step.count, family(step.status));
  }
  return expected;
}

std::string text_of(const Observed& observed) {
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(observed.statuses.size(), 5); ++i) {
    text += std::to_string(observed.statuses[i]) + ' ';
  }
  if (observed.statuses.size() > 5) text += "... ";
  return text + observed.end;
}

}  // namespace

std::string play_against_peer(const Vector& vector, const Endpoint& server) {
  if (vector.steps.back().kind == Kind::reset) return {};
  const Observed observed = Observer(vector, server).observe();
  std::vector<Alternative> allowed = vector.alternatives;
  allowed.push_back(expected_of(vector));
  const bool fits = std::ranges::any_of(allowed, [&observed](const Alternative& alternative) {
    const bool same_end = observed.end == (alternative.kept ? "kept" : "FIN");
    return same_end && alternative.statuses == observed.statuses;
  });
  return fits ? "" : text_of(observed);
}

}  // namespace closelab::conformance
