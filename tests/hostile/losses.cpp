// Does every response arrive in full, also when the client has sent more than the server reads, takes its time, or
// closes its side early? closelab's `lingering` must not lose any. nginx stands beside it; and `immediate`, so that it
// shows that these situations can lose responses.

#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "closelab/server.h"
#include "net/socket/socket_address.h"
#include "tests/hostile/parallel.h"
#include "tests/hostile/response.h"
#include "tests/hostile/story.h"
#include "tests/hostile/table.h"
#include "tests/loopback/client.h"
#include "tests/loopback/yardstick.h"
#include "tests/support/folder.h"
#include "tests/support/launch.h"
#include "tests/support/process.h"
#include "tests/where.h"

namespace closelab::hostile {
namespace {

using namespace std::chrono_literals;
using loopback::Client;

constexpr std::size_t mebibyte = 1024 * 1024;
constexpr std::size_t body_limit = 64 * 1024;
constexpr const char* path = "/bytes/1MiB";

struct Situation {
  const char* name;
  /// What the client got.
  std::function<std::string(const Endpoint& server)> play;
};

std::string closing_get() { return loopback::get(path, "Connection: close\r\n"); }

/// Refused with 413 while it is still on its way.
std::string unread_body(const Endpoint& server) {
  Client client(server);
  client.try_send(loopback::post("/upload", std::string(mebibyte, 'x')));
  return client.receive_to_end().bytes;
}

/// Further requests after one that ends the connection, and a client that does not read at once.
std::string pipelined_leftovers(const Endpoint& server) {
  Client client(server, 16 * 1024);
  std::string requests = closing_get();
  while (requests.size() < body_limit) requests += loopback::get("/");
  client.try_send(requests);
  loopback::pause(20ms);
  return client.receive_to_end().bytes;
}

std::string slow_reader(const Endpoint& server) {
  Client client(server, 16 * 1024);
  client.send(closing_get());
  std::string all;
  std::array<char, 8 * 1024> piece;
  for (ssize_t bytes = 1; bytes > 0; all.append(piece.data(), static_cast<std::size_t>(std::max<ssize_t>(bytes, 0)))) {
    if (all.size() % 4 == 0) loopback::pause(1ms);
    bytes = ::recv(client.fd(), piece.data(), piece.size(), 0);
  }
  return all;
}

/// Goes on sending while the response is on its way, a little at a time, and reads afterwards.
std::string slow_sender(const Endpoint& server) {
  Client client(server, 16 * 1024);
  client.send(closing_get());
  for (int i = 0; i < 30; ++i) {
    if (client.try_send(std::string(1024, 'x')).error != 0) break;
    loopback::pause(1ms);
  }
  return client.receive_to_end().bytes;
}

std::string half_close(const Endpoint& server) {
  Client client(server, 16 * 1024);
  client.send(loopback::get(path));
  client.send_fin();
  loopback::pause(1ms);
  return client.receive_to_end().bytes;
}

const std::array situations{Situation{"unread body", unread_body},
                            Situation{"pipelined leftovers", pipelined_leftovers},
                            Situation{"slow reader", slow_reader}, Situation{"slow sender", slow_sender},
                            Situation{"client half-close", half_close}};

struct Tally {
  std::atomic<std::size_t> complete = 0;
  std::atomic<std::size_t> cut = 0;
  std::atomic<std::size_t> lost = 0;
};

std::string response_of(const Situation& situation, const Endpoint& server) {
  try {
    return situation.play(server);
  } catch (const std::exception&) {
    return {};  // what can't be sent or received is a lost response, too
  }
}

void play(const Situation& situation, const Endpoint& server, std::size_t tries, Tally& tally) {
  in_parallel(tries, [&](std::size_t) {
    const std::string response = response_of(situation, server);
    ++(is_complete(response) ? tally.complete : response.empty() ? tally.lost : tally.cut);
  });
}

std::unique_ptr<Server> start(CloseMode mode) {
  Options options;
  options.close_mode = mode;
  options.limits.body_bytes = body_limit;
  auto server = std::make_unique<Server>(options);
  server->handle("/bytes/1MiB", [](const Request&) { return Response{.body = std::string(mebibyte, 'x')}; });
  server->handle("/upload", [](const Request&) { return Response{}; });
  return server;
}

/// The real one, if it is there.
class Nginx {
 public:
  Nginx() {
    const std::string program = persona_test::find_program("nginx");
    if (program.empty()) return;
    std::vector<std::string> command = persona_test::without_root();
    const std::string configuration = folder_.copy_of(CLOSELAB_SOURCE_DIR "/tests/hostile/nginx.conf");
    for (const std::string& word : {persona_test::runnable_by_anybody(program, folder_), std::string("-p"),
                                    folder_.path().string(), std::string("-c"), configuration}) {
      command.push_back(word);
    }
    running_.emplace(command);
    persona_test::await_listener(endpoint(), *running_);
  }
  ~Nginx() {
    if (!running_) return;
    running_->signal(SIGTERM);
    running_->finished();
  }
  bool is_there() const { return running_.has_value(); }
  // The network is the test's own, so the port is free.
  Endpoint endpoint() const { return *net::parse_address("127.0.0.1", 8001); }

 private:
  persona_test::Folder folder_;
  std::optional<cli::Program> running_;
};

}  // namespace

void losses(const Scale& scale, Findings& findings) {
  const Nginx nginx;
  const auto lingering = start(CloseMode::lingering);
  const auto immediate = start(CloseMode::immediate);
  Table table({"situation", "server", "tries", "complete", "cut", "lost"});
  std::size_t lost_by_immediate = 0;
  for (const Situation& situation : situations) {
    const auto measure = [&](const char* name, const Endpoint& server) {
      Tally tally;
      play(situation, server, scale.tries, tally);
      table.add({situation.name, name, std::to_string(scale.tries), std::to_string(tally.complete),
                 std::to_string(tally.cut), std::to_string(tally.lost)});
      return scale.tries - tally.complete;
    };
    const std::size_t missing = measure("closelab", lingering->endpoint());
    findings.expect(missing == 0, std::string(situation.name) + ": closelab lost " + std::to_string(missing));
    if (nginx.is_there()) measure("nginx", nginx.endpoint());
    lost_by_immediate += measure("closelab, immediate", immediate->endpoint());
  }
  std::cout << table;
  if (!nginx.is_there()) findings.left_out("nginx is not installed");
  findings.expect(lost_by_immediate > 0, "not even `immediate` loses a response here, so this shows nothing");
}

}  // namespace closelab::hostile
