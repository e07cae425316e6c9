#include <array>

#include "tests/kernel/endings.h"

// With a client on another machine our side can't look at the client's end.

namespace closelab::kernel_test {
namespace {

using enum CloseReason;

/// The commonest end of all: the client closes when it sees the server's FIN.
void closing_request(Scene& scene) {
  scene.client.send(get("/", "Connection: close\r\n"));
  read_and_close(scene);
}

/// What the answer meets is gone.
void request_and_close(Scene& scene) {
  scene.client.send(get("/"));
  scene.client.close();
}

void request_and_half_close(Scene& scene) {
  scene.client.send(get("/"));
  scene.client.half_close();
  scene.client.read_to_end();
  scene.client.close();
}

/// Our FIN waits behind a full window; the client's FIN comes, and then it reads.
void fin_behind_full_window(Scene& scene) {
  scene.client.send(get("/big", "Connection: close\r\n"));
  take_time(scene, 20, 30);
  scene.client.half_close();
  take_time(scene, 5, 10);
  scene.client.read_to_end();
  scene.client.close();
}

void reset_after_a_part(Scene& scene) {
  scene.client.send(get("/big", "Connection: close\r\n"));
  scene.client.read_some(1460);
  scene.client.abort();
}

void close_around_an_abort(Scene& scene) {
  scene.client.send(get("/close/abortive"));
  if (scene.random.coin()) scene.random.spin(std::chrono::microseconds(5000));
  scene.client.close();
}

void idle(Scene& scene) {
  scene.client.send(get("/"));
  scene.client.read_answer("ok\n");
  scene.client.await_end();
  scene.client.close();
}

}  // namespace

std::span<const Ending> remote_endings() {
  static const std::array endings{
      Ending{"remote: closes when it sees our FIN", Persona::lingering, 400, closing_request, {request_close}},
      Ending{"remote: the same, immediate", Persona::immediate, 200, closing_request, {request_close}},
      Ending{"remote: a request, and gone",
             Persona::lingering,
             200,
             request_and_close,
             {peer_closed, peer_reset, request_close}},
      Ending{"remote: a request and a half-close", Persona::lingering, 200, request_and_half_close, {peer_closed}},
      Ending{
          "remote: FIN behind a full window", Persona::lingering, 100, fin_behind_full_window, {request_close}, 4096},
      Ending{"remote: reset after a part of 1 MiB",
             Persona::lingering,
             100,
             reset_after_a_part,
             {request_close, peer_reset},
             4096},
      Ending{"remote: close() around an abort",
             Persona::lingering,
             200,
             close_around_an_abort,
             {response_close, peer_closed, peer_reset}},
      Ending{"remote: idle timeout", Persona::short_idle, 200, idle, {idle_timeout}},
  };
  return endings;
}

}  // namespace closelab::kernel_test
