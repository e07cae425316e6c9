#include <array>

#include "tests/kernel/endings.h"

namespace closelab::kernel_test {
namespace {

using enum CloseReason;

constexpr std::string_view close_field = "Connection: close\r\n";

void request_close_script(Scene& scene) {
  scene.client.send(get("/", close_field));
  read_and_close(scene);
}

void big_request_close(Scene& scene) {
  scene.client.send(get("/big", close_field));
  read_and_close(scene);
}

void http_1_0_script(Scene& scene) {
  scene.client.send("GET / HTTP/1.0\r\n\r\n");
  read_and_close(scene);
}

void slow_client(Scene& scene) {
  scene.client.send(get("/", close_field));
  scene.client.read_to_end();
  take_time(scene, 5, 60);
  scene.client.close();
}

void abort_after_fin(Scene& scene) {
  scene.client.send(get("/", close_field));
  scene.client.read_to_end();
  if (scene.random.coin()) take_time(scene, 1, 10);
  scene.client.abort();
}

void close_unread_after_fin(Scene& scene) {
  scene.client.send(get("/", close_field));
  scene.client.await_end();
  scene.client.close();
}

void response_immediate(Scene& scene) {
  scene.client.send(get("/close/immediate"));
  scene.client.read_to_end();
  scene.random.spin(std::chrono::microseconds(3000));
  scene.client.close();
}

void response_abortive(Scene& scene) {
  scene.client.send(get("/close/abortive"));
  read_and_close(scene);
}

void data_after_immediate(Scene& scene) {
  scene.client.send(get("/close/immediate"));
  scene.client.read_to_end();
  scene.client.send("GET / HT");
  scene.random.spin(std::chrono::microseconds(100));
  scene.client.close();
}

void pipelined_behind_close(Scene& scene) {
  scene.client.send(get("/", close_field) + get("/") + get("/"));
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

void outlast_the_drain(Scene& scene) {
  scene.client.send(get("/", close_field));
  scene.client.read_to_end();
  take_time(scene, 10, 40);
  scene.client.close();
}

void data_after_the_drain(Scene& scene) {
  scene.client.send(get("/", close_field));
  scene.client.read_to_end();
  take_time(scene, 10, 40);
  scene.client.send("late");
  scene.client.close();
}

void idle(Scene& scene) {
  if (scene.random.coin()) {
    scene.client.send(get("/"));
    scene.client.read_answer("ok\n");
  }
  read_and_close(scene);
}

void malformed(Scene& scene) {
  static constexpr std::array<std::string_view, 4> requests{
      "\x16\x03\x01 this is no HTTP\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost : lab\r\n\r\n",
      "GET / HTTP/3.0\r\nHost: lab\r\n\r\n"};
  scene.client.send(requests[scene.random.up_to(3)]);
  read_and_close(scene);
}

void two_requests(Scene& scene) {
  for (int i = 0; i < 2; ++i) {
    scene.client.send(get("/"));
    scene.client.read_answer("ok\n");
  }
  read_and_close(scene);
}

void failing_handler(Scene& scene) {
  scene.client.send(get("/fails"));
  read_and_close(scene);
}

void header_too_late(Scene& scene) {
  scene.client.send("GET / HTTP/1.1\r\nHost");
  read_and_close(scene);
}

void body_too_late(Scene& scene) {
  scene.client.send("POST / HTTP/1.1\r\nHost: lab\r\nContent-Length: 10\r\n\r\n123");
  read_and_close(scene);
}

void reads_nothing(Scene& scene) {
  for (int i = 0; i < 8; ++i) scene.client.send(get("/big"));
  scene.client.await_end();
  read_and_close(scene);
}

}  // namespace

std::span<const Ending> server_endings() {
  static const std::array endings{
      Ending{"Connection: close", Persona::lingering, 900, request_close_script, {request_close}},
      Ending{"Connection: close, IPv6", Persona::ipv6, 500, request_close_script, {request_close}},
      Ending{"Connection: close, IPv4 to ::", Persona::dual_stack, 500, request_close_script, {request_close}},
      Ending{"Connection: close, 1 MiB", Persona::lingering, 400, big_request_close, {request_close}},
      Ending{"Connection: close, server immediate", Persona::immediate, 500, request_close_script, {request_close}},
      Ending{"Connection: close, server abortive", Persona::abortive, 500, request_close_script, {request_close}},
      Ending{"Connection: close, server SO_LINGER 0", Persona::linger_0, 400, request_close_script, {request_close}},
      Ending{"Connection: close, server SO_LINGER 1 s", Persona::linger_1, 200, request_close_script, {request_close}},
      Ending{"HTTP/1.0", Persona::lingering, 400, http_1_0_script, {http_1_0}},
      Ending{"client takes 5 to 60 ms to close", Persona::lingering, 400, slow_client, {request_close}},
      Ending{
          "client takes 5 to 60 ms to close, server immediate", Persona::immediate, 400, slow_client, {request_close}},
      Ending{"client takes 5 to 60 ms to close, server SO_LINGER 1 s",
             Persona::linger_1,
             200,
             slow_client,
             {request_close}},
      Ending{"client aborts after the server's FIN", Persona::lingering, 400, abort_after_fin, {request_close}},
      Ending{"client aborts after the server's FIN, server immediate",
             Persona::immediate,
             400,
             abort_after_fin,
             {request_close}},
      Ending{"client closes unread after the FIN", Persona::lingering, 400, close_unread_after_fin, {request_close}},
      Ending{"client closes unread after the FIN, server immediate",
             Persona::immediate,
             400,
             close_unread_after_fin,
             {request_close}},
      Ending{"response immediate", Persona::lingering, 400, response_immediate, {response_close}},
      Ending{"response abortive", Persona::lingering, 400, response_abortive, {response_close}},
      Ending{"response abortive, IPv6", Persona::ipv6, 300, response_abortive, {response_close}},
      Ending{"response abortive, IPv4 to ::", Persona::dual_stack, 300, response_abortive, {response_close}},
      Ending{"late data after immediate", Persona::lingering, 400, data_after_immediate, {response_close}},
      Ending{"pipelined after close", Persona::lingering, 300, pipelined_behind_close, {request_close}},
      Ending{
          "pipelined after close, server immediate", Persona::immediate, 400, pipelined_behind_close, {request_close}},
      Ending{"413, lingering", Persona::lingering, 400, body_too_large, {protocol_error}},
      Ending{"413, lingering, body in pieces", Persona::lingering, 300, body_in_pieces, {protocol_error}},
      Ending{"413, immediate", Persona::immediate, 400, body_too_large, {protocol_error}},
      Ending{"413, immediate, body in pieces", Persona::immediate, 400, body_in_pieces, {protocol_error}},
      Ending{"413, the drain's byte bound", Persona::small_bounds, 400, body_too_large, {protocol_error}},
      Ending{"413, the byte bound, in pieces", Persona::small_bounds, 400, body_in_pieces, {protocol_error}},
      Ending{"the drain's time bound", Persona::small_bounds, 400, outlast_the_drain, {request_close}},
      Ending{"late data around the time bound", Persona::small_bounds, 400, data_after_the_drain, {request_close}},
      Ending{"idle timeout", Persona::short_idle, 500, idle, {idle_timeout}},
      Ending{"malformed request", Persona::lingering, 400, malformed, {protocol_error}},
      Ending{"request limit", Persona::request_limit, 400, two_requests, {request_limit}},
      Ending{"failing handler", Persona::lingering, 300, failing_handler, {handler_error}},
      Ending{"header timeout", Persona::short_timeouts, 200, header_too_late, {header_timeout}},
      Ending{"body timeout", Persona::short_timeouts, 200, body_too_late, {body_timeout}},
      Ending{"write timeout", Persona::short_timeouts, 200, reads_nothing, {write_timeout}, 16 * 1024},
      Ending{"connection limit", Persona::one_connection, 200, request_close_script, {request_close, connection_limit}},
  };
  return endings;
}

}  // namespace closelab::kernel_test
