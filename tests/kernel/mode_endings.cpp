#include <array>

#include "tests/kernel/endings.h"

// Modes delayed, half and deferred, LingeringWhen::unread and a timed SO_LINGER: what the client does before, around
// and after the moment at which the server goes on.

namespace closelab::kernel_test {
namespace {

using enum CloseReason;

template <CloseMode mode>
void request(Scene& scene) {
  scene.client.send(get("/close/" + std::string(to_string(mode))));
  scene.client.read_answer("ok\n");
}

/// The client closes as soon as it sees the server's FIN.
template <CloseMode mode>
void client_at_once(Scene& scene) {
  request<mode>(scene);
  read_and_close(scene);
}

/// The client closes some time around the mode's bound.
template <CloseMode mode>
void client_takes_time(Scene& scene) {
  request<mode>(scene);
  take_time(scene, 5, 2 * static_cast<unsigned>(short_bound.count()));
  scene.client.close();
}

/// The client outlasts the mode's bound.
template <CloseMode mode>
void client_waits(Scene& scene) {
  request<mode>(scene);
  scene.client.await_end();
  take_time(scene, 3 * static_cast<unsigned>(short_bound.count()), 4 * static_cast<unsigned>(short_bound.count()));
  read_and_close(scene);
}

template <CloseMode mode>
void client_half_closes(Scene& scene) {
  request<mode>(scene);
  if (scene.random.coin()) take_time(scene, 1, 10);
  scene.client.half_close();
  scene.random.coin() ? scene.client.close() : read_and_close(scene);
}

template <CloseMode mode>
void client_aborts(Scene& scene) {
  request<mode>(scene);
  take_time(scene, 0, 2 * static_cast<unsigned>(short_bound.count()));
  scene.client.abort();
}

/// Sends something after the answer, which mode delayed leaves unread.
template <CloseMode mode>
void late_data(Scene& scene) {
  request<mode>(scene);
  if (scene.random.coin()) take_time(scene, 1, 10);
  scene.client.send(get("/"));
  if (scene.random.coin()) take_time(scene, 1, 2 * static_cast<unsigned>(short_bound.count()));
  read_and_close(scene);
}

/// Goes on sending, around the mode's bound, until the server resets or it has sent enough.
template <CloseMode mode>
void keeps_sending(Scene& scene) {
  request<mode>(scene);
  for (unsigned pieces = 2 + scene.random.up_to(8); pieces > 0; --pieces) {
    if (!scene.client.send(std::string(1000, 'x'))) break;
    take_time(scene, 1, 10);
  }
  read_and_close(scene);
}

void late_data_meets_reset(Scene& scene) {
  request<CloseMode::delayed>(scene);
  scene.client.send("late");
  scene.client.await_reset();
  scene.client.close();
}

void closing_request(Scene& scene) {
  scene.client.send(get("/", "Connection: close\r\n"));
  read_and_close(scene);
}

void body_too_large(Scene& scene) {
  scene.client.send(too_large());
  read_and_close(scene);
}

void body_in_pieces(Scene& scene) {
  send_too_large_in_pieces(scene);
  read_and_close(scene);
}

constexpr Persona bounded = Persona::small_bounds;

}  // namespace

std::span<const Ending> mode_endings() {
  using enum CloseMode;
  static const std::array endings{
      Ending{"delayed", Persona::lingering, 200, client_at_once<delayed>, {response_close}},
      Ending{"delayed, around the pause", Persona::lingering, 200, client_takes_time<delayed>, {response_close}},
      Ending{"delayed, client outlasts the pause", Persona::lingering, 100, client_waits<delayed>, {response_close}},
      Ending{"delayed, client half-closes", Persona::ipv6, 200, client_half_closes<delayed>, {response_close}},
      Ending{"delayed, client aborts", Persona::lingering, 200, client_aborts<delayed>, {response_close}},
      Ending{"delayed, late data", Persona::lingering, 200, late_data<delayed>, {response_close}},
      Ending{"delayed, late data meets RST", Persona::dual_stack, 100, late_data_meets_reset, {response_close}},
      Ending{"delayed, client keeps sending", Persona::lingering, 100, keeps_sending<delayed>, {response_close}},
      Ending{"delayed, 413", Persona::delayed, 200, body_too_large, {protocol_error}},
      Ending{"delayed, 413, body in pieces", Persona::delayed, 100, body_in_pieces, {protocol_error}},

      Ending{"half", Persona::lingering, 200, client_at_once<half>, {response_close}},
      Ending{"half, around the bound", Persona::lingering, 200, client_takes_time<half>, {response_close}},
      Ending{"half, client outlasts the bound", Persona::lingering, 100, client_waits<half>, {response_close}},
      Ending{"half, client aborts", Persona::lingering, 200, client_aborts<half>, {response_close}},
      Ending{"half, late data", Persona::ipv6, 200, late_data<half>, {response_close}},
      Ending{"half, client keeps sending", bounded, 200, keeps_sending<half>, {response_close}},
      Ending{"half, 413, body in pieces", Persona::half, 200, body_in_pieces, {protocol_error}},

      Ending{
          "deferred, client takes its turn", Persona::lingering, 200, client_half_closes<deferred>, {response_close}},
      Ending{"deferred, the bound", Persona::lingering, 200, client_at_once<deferred>, {response_close}},
      Ending{"deferred, around the bound", Persona::ipv6, 200, client_takes_time<deferred>, {response_close}},
      Ending{"deferred, both bounds", bounded, 100, client_waits<deferred>, {response_close}},
      Ending{"deferred, client aborts", Persona::lingering, 200, client_aborts<deferred>, {response_close}},
      Ending{"deferred, late data", Persona::lingering, 200, late_data<deferred>, {response_close}},
      Ending{"deferred, client keeps sending", bounded, 200, keeps_sending<deferred>, {response_close}},
      Ending{"deferred, 413", Persona::deferred, 200, body_too_large, {protocol_error}},

      Ending{"lingering when unread: nothing", Persona::lingering_unread, 200, closing_request, {request_close}},
      Ending{"lingering when unread: a body", Persona::lingering_unread, 200, body_in_pieces, {protocol_error}},

      Ending{"immediate, SO_LINGER 1 s", Persona::linger_1, 100, client_takes_time<immediate>, {response_close}},
      Ending{"immediate, SO_LINGER 1 s, aborts", Persona::linger_1, 100, client_aborts<immediate>, {response_close}},
      Ending{"delayed, SO_LINGER 1 s", Persona::linger_1, 100, client_takes_time<delayed>, {response_close}},
      Ending{"deferred, SO_LINGER 0", Persona::linger_0, 100, client_takes_time<deferred>, {response_close}},
  };
  return endings;
}

}  // namespace closelab::kernel_test
