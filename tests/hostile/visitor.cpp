#include "tests/hostile/visitor.h"

#include <array>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>

#include "tests/hostile/response.h"
#include "tests/hostile/system_calls.h"
#include "tests/loopback/client.h"
#include "tests/loopback/yardstick.h"

namespace closelab::hostile {
namespace {

using namespace std::chrono_literals;
using loopback::Client;

constexpr int little = 4096;

std::size_t below(Random& random, std::size_t bound) { return static_cast<std::size_t>(random() % bound); }

void leave(Client& client, Random& random) { below(random, 2) == 0 ? client.close() : client.reset(); }

void only_connect(const Endpoint& server, Random& random) {
  Client client(server);
  leave(client, random);
}

void close_first(const Endpoint& server, Random& random) {
  Client client(server);
  for (std::size_t left = 1 + below(random, 3); left > 0; --left) client.exchange(loopback::get("/"));
  leave(client, random);
}

void let_the_server_close(const Endpoint& server, Random& random) {
  Client client(server);
  client.exchange(below(random, 2) == 0 ? loopback::get("/", "Connection: close\r\n") : loopback::get_1_0("/"));
  client.receive_to_end();
}

void close_in_any_mode(const Endpoint& server, Random& random) {
  constexpr std::array modes{"lingering", "immediate", "abortive", "delayed", "half", "deferred"};
  Client client(server);
  client.send(loopback::get(std::string("/close/") + modes[below(random, modes.size())]));
  receive_response(client);
}

void echo(const Endpoint& server, Random& random) {
  Client client(server);
  const std::string body(below(random, 20'000), 'x');
  if (client.exchange(loopback::post("/echo", body)).body != body) throw std::runtime_error("not an echo");
}

void echo_in_pieces(const Endpoint& server, Random& random) {
  Client client(server);
  std::string rest =
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3;x=y\r\nyou\r\n0\r\n\r\n";
  while (!rest.empty()) {
    const std::size_t bytes = std::min(rest.size(), 1 + below(random, 20));
    if (client.try_send(rest.substr(0, bytes)).error != 0) return;
    rest.erase(0, bytes);
  }
  receive_response(client);
}

void pipeline(const Endpoint& server, Random& random) {
  Client client(server);
  std::string requests;
  for (std::size_t left = 1 + below(random, 100); left > 0; --left) requests += loopback::get("/");
  client.try_send(requests);
  for (std::size_t left = below(random, 5); left > 0; --left) client.receive_some();
  leave(client, random);
}

void close_half(const Endpoint& server, Random& random) {
  Client client(server);
  client.try_send(loopback::get(below(random, 2) == 0 ? "/" : "/large").substr(0, 20 + below(random, 40)));
  client.send_fin();
  client.receive_to_end();
}

void send_rubbish(const Endpoint& server, Random& random) {
  Client client(server);
  std::string bytes(1 + below(random, 2000), '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  client.try_send(below(random, 2) == 0 ? bytes : loopback::get("/") + bytes);
  receive_response(client);
}

void upload_too_much(const Endpoint& server, Random& random) {
  Client client(server);
  client.try_send(loopback::post("/echo", std::string(100'000 + below(random, 1'000'000), 'x')));
  client.receive_to_end();
}

void leave_a_request_unfinished(const Endpoint& server, Random& random) {
  Client client(server);
  const std::string request = loopback::post("/echo", "some body");
  client.send(request.substr(0, below(random, request.size())));
  leave(client, random);
}

void leave_a_response_unread(const Endpoint& server, Random& random) {
  Client client(server, little);
  client.send(loopback::get("/large"));
  for (std::size_t left = below(random, 20); left > 0; --left) client.receive_some();
  leave(client, random);
}

void leave_before_the_answer(const Endpoint& server, Random& random) {
  Client client(server);
  client.send(loopback::get(below(random, 2) == 0 ? "/later" : "/elsewhere"));
  leave(client, random);
}

void meet_a_failure(const Endpoint& server, Random&) {
  Client client(server);
  client.exchange(loopback::get("/throws"));
  client.receive_to_end();
}

void stay_idle(const Endpoint& server, Random& random) {
  Client client(server);
  if (below(random, 2) == 0) client.exchange(loopback::get("/"));
  client.receive_to_end();
}

void fall_silent(const Endpoint& server, Random& random) {
  Client client(server);
  const std::string request = loopback::post("/echo", "some body");
  client.send(request.substr(0, 1 + below(random, request.size() - 1)));
  client.receive_to_end();
}

void read_too_slowly(const Endpoint& server, Random& random) {
  Client client(server, little);
  client.send(loopback::get("/endless"));
  for (std::size_t left = below(random, 5); left > 0; --left) {
    client.receive_some();
    loopback::pause(10ms);
  }
  loopback::pause(300ms);
  leave(client, random);
}

constexpr std::array all{
    Behaviour{"only connect", only_connect},
    Behaviour{"close first", close_first},
    Behaviour{"echo", echo},
    Behaviour{"close half", close_half},
    Behaviour{"leave a request unfinished", leave_a_request_unfinished},
    Behaviour{"let the server close", let_the_server_close},
    Behaviour{"close in any mode", close_in_any_mode},
    Behaviour{"echo in pieces", echo_in_pieces},
    Behaviour{"pipeline", pipeline},
    Behaviour{"send rubbish", send_rubbish},
    Behaviour{"upload too much", upload_too_much},
    Behaviour{"leave a response unread", leave_a_response_unread},
    Behaviour{"leave before the answer", leave_before_the_answer},
    Behaviour{"meet a failure", meet_a_failure},
    Behaviour{"stay idle", stay_idle},
    Behaviour{"fall silent", fall_silent},
    Behaviour{"read too slowly", read_too_slowly},
};
constexpr std::size_t quick = 6;

}  // namespace

std::span<const Behaviour> behaviours() { return all; }

std::span<const Behaviour> quick_behaviours() { return std::span(all).first(quick); }

void play(const Behaviour& behaviour, const Endpoint& server, Random& random) {
  try {
    behaviour.play(server, random);
  } catch (const std::exception&) {
    // The server was faster, a command ended the connection, or no port was left.
  }
}

void close_something(Server& server, Random& random) {
  switch (random() % 4) {
    case 0:
      server.close_idle();
      break;
    case 1:
      server.close(server.counts().accepted - random() % 10, CloseMode::abortive);
      break;
    case 2:
      server.hold_close(server.counts().accepted);
      break;
    default:
      server.release();
      break;
  }
}

void serve_visitors(Server& server) {
  server.handle("/", [](const Request&) { return Response{.body = "hello"}; });
  server.handle("/echo", [](const Request& request) { return Response{.body = std::string(request.body)}; });
  server.handle("/large", [](const Request&) { return Response{.body = std::string(400'000, 'x')}; });
  server.handle("/later", [](const Request&) { return Response{.delay = 5ms}; });
  server.handle("/throws", [](const Request&) -> Response { throw std::runtime_error("deliberately"); });
  server.handle("/endless", [](const Request&) {
    return Response{.body_source = [](std::string& to, std::size_t max) { to.append(max, 'x'); }};
  });
  server.handle_async("/elsewhere", [](const Responder& responder) {
    std::thread([responder] {
      const Spared spared;
      responder.send({.body = "from another thread"});
    }).detach();
  });
  for (const CloseMode mode : {CloseMode::lingering, CloseMode::immediate, CloseMode::abortive, CloseMode::delayed,
                               CloseMode::half, CloseMode::deferred}) {
    server.handle("/close/" + std::string(to_string(mode)),
                  [mode](const Request&) { return Response{.body = "bye", .close_mode = mode}; });
  }
}

}  // namespace closelab::hostile
