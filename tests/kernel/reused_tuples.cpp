#include <array>

#include "tests/kernel/endings.h"

// A client that connects again from the same port at once: what is seen of its end then is of the new connection.

namespace closelab::kernel_test {
namespace {

using enum CloseReason;

void closing_request(Scene& scene) {
  scene.client.send(get("/", "Connection: close\r\n"));
  read_and_close(scene);
}

void aborted(Scene& scene) {
  scene.client.send(get("/close/abortive"));
  read_and_close(scene);
}

void client_first(Scene& scene) {
  scene.client.send(get("/"));
  scene.client.read_answer("ok\n");
  scene.client.close();
}

const Ending second{"reused: then the client closes first", Persona::lingering, 0, client_first, {peer_closed}};

}  // namespace

std::span<const Ending> reused_tuples() {
  static const std::array endings{
      Ending{.name = "reused: the server closes first",
             .persona = Persona::lingering,
             .share = 150,
             .script = closing_request,
             .reasons = {request_close},
             .again = &second},
      Ending{.name = "reused: the server closes first, immediate",
             .persona = Persona::immediate,
             .share = 150,
             .script = closing_request,
             .reasons = {request_close},
             .again = &second},
      Ending{.name = "reused: the server aborts",
             .persona = Persona::lingering,
             .share = 150,
             .script = aborted,
             .reasons = {response_close},
             .again = &second},
      Ending{.name = "reused: the client closes first",
             .persona = Persona::lingering,
             .share = 150,
             .script = client_first,
             .reasons = {peer_closed},
             .again = &second},
  };
  return endings;
}

}  // namespace closelab::kernel_test
