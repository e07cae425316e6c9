#include <array>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "net/kernel/sock_diag.h"
#include "net/socket/socket_address.h"
#include "tests/kernel/endings.h"

namespace closelab::kernel_test {
namespace {

using namespace std::chrono_literals;
using enum CloseReason;

/// The moment around which a race is open. It moves with each attempt, earlier when the server has won and later when
/// it has not, so that both sides are as quick as each other on any machine.
class Edge {
 public:
  std::chrono::nanoseconds draw(Random& random) const {
    return std::chrono::nanoseconds(at_ + static_cast<int>(random.up_to(2 * jitter)) - static_cast<int>(jitter));
  }
  void server_won(bool won) { at_ += won ? -step : step; }

 private:
  static constexpr unsigned jitter = 5'000;
  static constexpr int step = 1'000;
  std::atomic<int> at_{50'000};
};

/// Ends the client's side around the server's FIN or RST, which comes some time after `start`. Each ending has an edge
/// of its own.
template <class EndClient>
void end_at_edge(Scene& scene, std::chrono::steady_clock::time_point start, EndClient end_client) {
  static Edge edge;
  spin_until(start + edge.draw(scene.random));
  edge.server_won(scene.client.has_ended());
  end_client();
}

/// Lets the server go, and a moment later, anywhere around the server's FIN or RST, ends the client's side.
template <class EndClient>
void race(Scene& scene, CloseMode mode, EndClient end_client) {
  scene.client.send(get("/held"));
  const Responder responder = scene.server.held.take(scene.client.local().port);
  Response response{.body = "go\n"};
  response.close_mode = mode;
  const auto start = std::chrono::steady_clock::now();
  responder.send(std::move(response));
  end_at_edge(scene, start, end_client);
}

void half_close_and_read(Scene& scene) {
  scene.client.half_close();
  scene.client.read_to_end();
  scene.client.close();
}

void race_fin_fin(Scene& scene) {
  race(scene, CloseMode::lingering, [&] { half_close_and_read(scene); });
}

void race_fin_fin_immediate(Scene& scene) {
  race(scene, CloseMode::immediate, [&] { half_close_and_read(scene); });
}

void race_fin_close(Scene& scene) {
  race(scene, CloseMode::lingering, [&] { scene.client.close(); });
}

void race_fin_close_immediate(Scene& scene) {
  race(scene, CloseMode::immediate, [&] { scene.client.close(); });
}

void race_fin_rst(Scene& scene) {
  race(scene, CloseMode::lingering, [&] { scene.client.abort(); });
}

void race_fin_rst_immediate(Scene& scene) {
  race(scene, CloseMode::immediate, [&] { scene.client.abort(); });
}

void race_rst_fin(Scene& scene) {
  race(scene, CloseMode::abortive, [&] { half_close_and_read(scene); });
}

void race_rst_close(Scene& scene) {
  race(scene, CloseMode::abortive, [&] { scene.client.close(); });
}

void race_rst_rst(Scene& scene) {
  race(scene, CloseMode::abortive, [&] { scene.client.abort(); });
}

void race_fin_half_close_then_unread(Scene& scene) {
  race(scene, CloseMode::lingering, [&] {
    scene.client.half_close();
    scene.random.spin(100us);
    scene.client.close();
  });
}

void close_blindly(Scene& scene) {
  scene.client.send(get("/", scene.random.coin() ? "Connection: close\r\n" : ""));
  scene.random.spin(150us);
  scene.random.coin() ? scene.client.close() : scene.client.abort();
}

/// The server's idle timeout against what the client does then.
template <class EndClient>
void race_idle_timeout(Scene& scene, EndClient end_client) {
  scene.client.send(get("/"));
  scene.client.read_answer("ok\n");
  const auto timeout = std::chrono::steady_clock::now() + short_idle_timeout;
  std::this_thread::sleep_until(timeout - 300us);
  end_at_edge(scene, timeout, end_client);
}

void idle_against_close(Scene& scene) {
  race_idle_timeout(scene, [&] { scene.client.close(); });
}

void idle_against_abort(Scene& scene) {
  race_idle_timeout(scene, [&] { scene.client.abort(); });
}

void idle_against_request(Scene& scene) {
  race_idle_timeout(scene, [&] {
    scene.client.send(get("/"));
    scene.client.read_to_end();
    scene.client.close();
  });
}

TcpState server_state(const Scene& scene) {
  const Endpoint server = scene.server.reachable();
  const net::TcpTuple tuple{server, scene.client.local()};
  net::SocketInfo found;
  net::SockDiag().look_up({&tuple, 1}, {&found, 1});
  return found.state;
}

/// The client's window is full, so the server's FIN waits behind its data while the client's goes out: both ends pass
/// through CLOSING or FIN_WAIT_2 into TIME_WAIT, without any race.
void queued_fin(Scene& scene) {
  scene.client.send(get("/big", "Connection: close\r\n"));
  const auto patience = std::chrono::steady_clock::now() + 10s;
  while (server_state(scene) != TcpState::fin_wait_1) {
    if (std::chrono::steady_clock::now() > patience) throw std::runtime_error("the server's FIN was not queued");
    std::this_thread::sleep_for(100us);
  }
}

void queued_fin_half_close(Scene& scene) {
  queued_fin(scene);
  half_close_and_read(scene);
}

void queued_fin_abort(Scene& scene) {
  queued_fin(scene);
  scene.client.abort();
}

/// The same with a race: the client drains while the FINs are under way.
void queued_fin_race(Scene& scene) {
  queued_fin(scene);
  for (unsigned i = scene.random.up_to(40); i > 0; --i) scene.client.read_some(32 * 1024);
  half_close_and_read(scene);
}

}  // namespace

std::span<const Ending> races() {
  constexpr int small_window = 64 * 1024;
  const std::vector<CloseReason> any_reason{response_close, peer_closed, peer_reset};
  static const std::array endings{
      Ending{"race: FIN, client half-closes", Persona::lingering, 700, race_fin_fin, {response_close, peer_closed}},
      Ending{"race: FIN, client half-closes, IPv6", Persona::ipv6, 300, race_fin_fin, {response_close, peer_closed}},
      Ending{"race: FIN, client half-closes, immediate",
             Persona::lingering,
             500,
             race_fin_fin_immediate,
             {response_close, peer_closed}},
      Ending{"race: FIN, client closes", Persona::lingering, 500, race_fin_close, any_reason},
      Ending{"race: FIN, client closes, immediate", Persona::lingering, 500, race_fin_close_immediate, any_reason},
      Ending{"race: FIN, half-close, close", Persona::lingering, 400, race_fin_half_close_then_unread, any_reason},
      Ending{"race: FIN, client aborts", Persona::lingering, 500, race_fin_rst, {response_close, peer_reset}},
      Ending{"race: FIN, client aborts, immediate",
             Persona::lingering,
             500,
             race_fin_rst_immediate,
             {response_close, peer_reset}},
      Ending{"race: RST, client half-closes", Persona::lingering, 500, race_rst_fin, {response_close, peer_closed}},
      Ending{"race: RST, client closes", Persona::dual_stack, 400, race_rst_close, any_reason},
      Ending{"race: RST, client aborts", Persona::lingering, 500, race_rst_rst, {response_close, peer_reset}},
      Ending{"client ends without waiting",
             Persona::lingering,
             500,
             close_blindly,
             {request_close, peer_closed, peer_reset}},
      Ending{"race: idle timeout, client closes",
             Persona::short_idle,
             700,
             idle_against_close,
             {idle_timeout, peer_closed}},
      Ending{"race: idle timeout, client aborts",
             Persona::short_idle,
             400,
             idle_against_abort,
             {idle_timeout, peer_reset}},
      Ending{"race: idle timeout, new request", Persona::short_idle, 500, idle_against_request, {idle_timeout}},
      Ending{"queued FIN, client half-closes",
             Persona::lingering,
             400,
             queued_fin_half_close,
             {request_close},
             small_window,
             TimeWait::both},
      Ending{"queued FIN, client aborts", Persona::immediate, 300, queued_fin_abort, {request_close}, small_window},
      Ending{"queued FIN, client drains", Persona::lingering, 400, queued_fin_race, {request_close}, small_window},
  };
  return endings;
}

}  // namespace closelab::kernel_test
