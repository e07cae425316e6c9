#include "tests/conformance/player.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "tests/conformance/reply.h"
#include "tests/loopback/client.h"

namespace closelab::conformance {
namespace {

using Kind = Step::Kind;

struct Problem : std::runtime_error {
  using std::runtime_error::runtime_error;
};

constexpr std::string_view probe = "GET /probe HTTP/1.1\r\nHost: probe\r\n\r\n";

class Player {
 public:
  Player(const Vector& vector, const Endpoint& server, Pace pace) : vector_(vector), pace_(pace), client_(server) {
    const int on = 1;
    ::setsockopt(client_.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }

  void play() {
    for (const Step& step : vector_.steps) play(step);
  }

  const std::string& received() const { return received_; }

 private:
  void play(const Step& step) {
    switch (step.kind) {
      case Kind::send:
        return send(step.text);
      case Kind::fin:
        half_closed_ = true;
        return client_.send_fin();
      case Kind::reset:
        return client_.reset();
      case Kind::reply:
        for (std::size_t i = 0; i < step.count; ++i) expect_reply(step);
        return;
      case Kind::kept:
        return expect_kept();
      case Kind::closed:
        return expect_closed(step.text == "idle");
    }
  }

  // A server that has refused the beginning still takes the rest, or the vector would end in an RST.
  void send(std::string_view bytes) {
    const std::size_t piece = pace_ == Pace::whole ? bytes.size() : 1;
    for (; !bytes.empty(); bytes.remove_prefix(piece)) {
      const loopback::Sent sent = client_.try_send(bytes.substr(0, piece));
      if (sent.error != 0) throw Problem(std::string("send() failed: ") + std::strerror(sent.error));
    }
  }

  void expect_reply(const Step& step) {
    const bool to_head = step.text.starts_with("HEAD");
    Reply reply = next_reply(to_head ? RequestMethod::head : RequestMethod::other);
    // 100 (Continue) may be left out, or not, when the body is already on its way (RFC 9110 §10.1.1).
    if (pace_ == Pace::byte_by_byte && reply.status == 100 && step.status != 100) {
      reply = next_reply(to_head ? RequestMethod::head : RequestMethod::other);
    }
    if (reply.status != step.status) {
      throw Problem("expected " + std::to_string(step.status) + ", got " + std::to_string(reply.status) + ": " +
                    escaped(reply.body.substr(0, 200)));
    }
    check_reply(reply);
    if (!to_head && !step.text.empty() && reply.body != step.text) {
      throw Problem("expected \"" + escaped(step.text) + "\", got \"" + escaped(reply.body.substr(0, 200)) + '"');
    }
  }

  Reply next_reply(RequestMethod method) {
    while (true) {
      Reply reply = read_reply(received_, method, ended_);
      if (reply.state == Reply::State::malformed) throw Problem(reply.fault);
      if (reply.state == Reply::State::complete) {
        received_.erase(0, reply.size);
        return reply;
      }
      if (ended_) throw Problem("the connection ended without the reply");
      receive();
    }
  }

  void check_reply(const Reply& reply) {
    if (reply.status < 200) return;
    if (said_close_) throw Problem("a reply after one that said close (RFC 9112 §9.6)");
    if (!reply.has("date")) throw Problem("no Date (RFC 9110 §6.6.1)");
    if (reply.status == 405 && !reply.has("allow")) throw Problem("405 without Allow (RFC 9110 §15.5.6)");
    said_close_ = reply.says_close();
    replied_ = true;
  }

  void receive() {
    const loopback::Received step = client_.receive_some();
    received_ += step.bytes;
    if (step.error != 0) throw Problem(std::string("recv() failed: ") + std::strerror(step.error));
    ended_ = step.bytes.empty();
  }

  void expect_kept() {
    if (said_close_) throw Problem("the reply says close");
    client_.send(probe);
    const Reply reply = next_reply(RequestMethod::other);
    if (reply.status != 200 || reply.body != "GET /probe") {
      throw Problem("the next request got " + std::to_string(reply.status) + ": " + escaped(reply.body));
    }
    if (!received_.empty()) throw Problem("surplus bytes after the reply to the next request");
  }

  void expect_closed(bool idle) {
    while (!ended_ && received_.empty()) receive();
    if (!received_.empty()) throw Problem("surplus bytes");
    // An RST after the FIN reads as an orderly end, but leaves this.
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(client_.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) throw Problem("an RST after the FIN");
    if (replied_ && !said_close_ && !half_closed_ && !idle) throw Problem("closed without saying so (RFC 9112 §9.6)");
  }

  const Vector& vector_;
  Pace pace_;
  loopback::Client client_;
  std::string received_;
  bool ended_ = false;
  bool half_closed_ = false;
  bool replied_ = false;
  bool said_close_ = false;
};

}  // namespace

Outcome play(const Vector& vector, const Endpoint& server, Pace pace) {
  Player player(vector, server, pace);
  try {
    player.play();
    return {};
  } catch (const std::exception& error) {
    return {error.what(), player.received()};
  }
}

}  // namespace closelab::conformance
