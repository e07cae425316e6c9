#include <array>
#include <thread>

#include "tests/kernel/endings.h"

namespace closelab::kernel_test {
namespace {

using enum CloseReason;

constexpr std::string_view small_end = "ok\n";
constexpr std::string_view half_a_request = "GET / HTTP/1.1\r\nHos";

void exchange(Scene& scene) {
  scene.client.send(get("/"));
  scene.client.read_answer(small_end);
}

void keep_alive(Scene& scene) {
  for (unsigned i = scene.random.up_to(2); i > 0; --i) exchange(scene);
  exchange(scene);
  scene.client.close();
}

void close_unused(Scene& scene) { scene.client.close(); }
void abort_unused(Scene& scene) { scene.client.abort(); }

void half_close(Scene& scene) {
  exchange(scene);
  scene.client.half_close();
  scene.client.read_to_end();
  scene.client.close();
}

void half_close_before_answer(Scene& scene) {
  scene.client.send(get(scene.random.coin() ? "/" : "/big"));
  scene.client.half_close();
  scene.client.read_to_end();
  scene.client.close();
}

void half_close_held(Scene& scene) {
  scene.client.send(get("/held"));
  const Responder responder = scene.server.held.take(scene.client.local().port);
  scene.client.half_close();
  responder.send({.body = "late\n"});
  scene.client.read_to_end();
  scene.client.close();
}

void abort_idle(Scene& scene) {
  exchange(scene);
  scene.client.abort();
}

void abort_in_answer(Scene& scene) {
  scene.client.send(get("/big"));
  scene.client.read_some(1 + scene.random.up_to(200'000));
  scene.client.abort();
}

void abort_while_held(Scene& scene) {
  scene.client.send(get("/held"));
  const Responder responder = scene.server.held.take(scene.client.local().port);
  scene.client.abort();
  responder.send({.body = "late\n"});
}

void close_unread(Scene& scene) {
  scene.client.send(get(scene.random.coin() ? "/" : "/big"));
  scene.client.await_input();
  scene.client.close();
}

void close_in_big_answer(Scene& scene) {
  scene.client.send(get("/big"));
  scene.client.read_some(1 + scene.random.up_to(200'000));
  scene.client.close();
}

void close_in_request(Scene& scene) {
  scene.client.send(half_a_request);
  scene.random.spin(std::chrono::microseconds(100));
  scene.client.close();
}

void half_close_in_request(Scene& scene) {
  scene.client.send(half_a_request);
  scene.client.half_close();
  scene.client.read_to_end();
  scene.client.close();
}

void close_in_body(Scene& scene) {
  scene.client.send("POST / HTTP/1.1\r\nHost: lab\r\nContent-Length: 10\r\n\r\n12345");
  scene.random.coin() ? scene.client.close() : scene.client.abort();
}

}  // namespace

std::span<const Ending> client_endings() {
  static const std::array endings{
      Ending{"keep-alive, the client closes", Persona::lingering, 900, keep_alive, {peer_closed}},
      Ending{"client closes, IPv6", Persona::ipv6, 500, keep_alive, {peer_closed}},
      Ending{"client closes, IPv4 to ::", Persona::dual_stack, 500, keep_alive, {peer_closed}},
      Ending{"client closes, server abortive", Persona::abortive, 400, keep_alive, {peer_closed}},
      Ending{"client closes, server SO_LINGER 0", Persona::linger_0, 400, keep_alive, {peer_closed}},
      Ending{"client closes, server half", Persona::half, 200, keep_alive, {peer_closed}},
      Ending{"client closes, server deferred", Persona::deferred, 200, keep_alive, {peer_closed}},
      Ending{"client closes unused", Persona::lingering, 500, close_unused, {peer_closed}},
      Ending{"client aborts unused", Persona::immediate, 400, abort_unused, {peer_reset}},
      Ending{"client aborts unused, IPv4 to ::", Persona::dual_stack, 300, abort_unused, {peer_reset}},
      Ending{"client half-closes when idle", Persona::lingering, 500, half_close, {peer_closed}},
      Ending{"client half-closes before the answer", Persona::lingering, 500, half_close_before_answer, {peer_closed}},
      Ending{"client half-closes while held", Persona::immediate, 400, half_close_held, {peer_closed}},
      Ending{"client aborts when idle", Persona::lingering, 500, abort_idle, {peer_reset}},
      Ending{"client aborts when idle, IPv6", Persona::ipv6, 300, abort_idle, {peer_reset}},
      Ending{"client aborts in a big answer", Persona::lingering, 500, abort_in_answer, {peer_reset}},
      Ending{"client aborts while held", Persona::lingering, 400, abort_while_held, {peer_reset}},
      Ending{"client closes with answer unread", Persona::lingering, 500, close_unread, {peer_reset}},
      Ending{"client closes in a big answer", Persona::immediate, 500, close_in_big_answer, {peer_reset, peer_closed}},
      Ending{"client closes in a request head", Persona::lingering, 400, close_in_request, {peer_closed, peer_reset}},
      Ending{"client half-closes in a head", Persona::lingering, 400, half_close_in_request, {peer_closed}},
      Ending{"client ends in a request body", Persona::lingering, 400, close_in_body, {peer_closed, peer_reset}},
  };
  return endings;
}

}  // namespace closelab::kernel_test
