#include "tests/personas/situations.h"

#include <string>
#include <utility>

namespace closelab::persona_test {
namespace {

constexpr int small_buffer = 4096;

std::string request(std::string_view line, std::string_view fields = {}) {
  std::string text(line);
  return text.append(" HTTP/1.1\r\nHost: test\r\n").append(fields).append("\r\n");
}

std::string request_1_0(std::string_view line, std::string_view fields = {}) {
  std::string text(line);
  return text.append(" HTTP/1.0\r\n").append(fields).append("\r\n");
}

std::string upload(std::string_view line, std::size_t bytes, std::string_view fields = {}) {
  std::string all = "Content-Length: " + std::to_string(bytes) + "\r\n";
  return request(line, all.append(fields)).append(bytes, 'x');
}

const std::string small = request("GET /bytes/64");
const std::string large = request("GET /bytes/1MiB");
const std::string huge = request("GET /bytes/16MiB");
const std::string late = request("GET /delay/300ms");
constexpr std::string_view close = "Connection: close\r\n";
constexpr std::string_view keep_alive = "Connection: keep-alive\r\n";
constexpr std::size_t megabyte = 1'000'000;

void send_and_read(Visit& visit, std::string_view bytes, std::size_t answers = 1) {
  visit.send(bytes);
  visit.read_answers(answers);
}

/// Made before it connects: from then on a server's timeouts count, and ten megabytes take time.
std::function<void(Visit&)> sends(std::string bytes) {
  return [bytes = std::move(bytes)](Visit& visit) { send_and_read(visit, bytes); };
}

void send_and_read_to_end(Visit& visit, std::string_view bytes) {
  visit.send(bytes);
  visit.read_to_end();
}

void send_with_fin(Visit& visit, std::string_view bytes) {
  visit.send(bytes);
  visit.send_fin();
  visit.read_to_end();
}

/// The client reads nothing until the server is through with the connection.
void read_late(Visit& visit, std::string_view bytes) {
  visit.send(bytes);
  visit.await_server_fin();
  visit.read_to_end();
}

std::vector<Situation> persistence() {
  return {
      {.name = "GET", .play = [](Visit& visit) { send_and_read(visit, small); }},
      {.name = "GET, GET in one piece", .play = [](Visit& visit) { send_and_read(visit, small + small, 2); }},
      {.name = "GET, keep-alive",
       .play = [](Visit& visit) { send_and_read(visit, request("GET /bytes/64", keep_alive)); }},
      {.name = "GET, close", .play = [](Visit& visit) { send_and_read(visit, request("GET /bytes/64", close)); }},
      {.name = "GET, HTTP/1.0",
       .play = [](Visit& visit) { send_and_read_to_end(visit, request_1_0("GET /bytes/64")); }},
      {.name = "GET, HTTP/1.0, keep-alive",
       .play = [](Visit& visit) { send_and_read(visit, request_1_0("GET /bytes/64", keep_alive)); }},
      {.name = "second request of 2",
       .limits = Limits::small,
       .play = [](Visit& visit) { send_and_read(visit, small + small, 2); }},
  };
}

std::vector<Situation> unread_bytes() {
  return {
      {.name = "PUT 1 kB, refused", .play = sends(upload("PUT /bytes/64", 1000))},
      {.name = "PUT 500 kB, refused", .play = sends(upload("PUT /bytes/64", megabyte / 2))},
      {.name = "PUT 500 kB, refused, close", .play = sends(upload("PUT /bytes/64", megabyte / 2, close))},
      {.name = "PUT 10 MB, refused", .play = sends(upload("PUT /bytes/64", 10 * megabyte))},
      {.name = "PUT 10 MB, refused, close", .play = sends(upload("PUT /bytes/64", 10 * megabyte, close))},
      {.name = "POST 100 kB, limit 64 KiB",
       .limits = Limits::small,
       .play = sends(upload("POST /bytes/64", megabyte / 10))},
      {.name = "POST 10 MB, limit 64 KiB",
       .limits = Limits::small,
       .play = sends(upload("POST /bytes/64", 10 * megabyte))},
      {.name = "GET, close, then GET",
       .play = [](Visit& visit) { send_and_read(visit, request("GET /bytes/64", close) + small); }},
      {.name = "GET, close, then 1 MB",
       .play = [](Visit& visit) { send_and_read(visit, request("GET /bytes/64", close).append(megabyte, 'x')); }},
      {.name = "GET 1 MiB, close, late reader",
       .receive_buffer = small_buffer,
       .play = [](Visit& visit) { read_late(visit, request("GET /bytes/1MiB", close)); }},
      {.name = "GET 1 MiB, close, 1 kB, late reader",
       .receive_buffer = small_buffer,
       .play = [](Visit& visit) { read_late(visit, request("GET /bytes/1MiB", close).append(1000, 'x')); }},
  };
}

std::vector<Situation> time_outs() {
  return {
      {.name = "nothing sent", .limits = Limits::small, .play = [](Visit& visit) { visit.read_to_end(); }},
      {.name = "half a head",
       .limits = Limits::small,
       .play = [](Visit& visit) { send_and_read(visit, "GET / HTTP/1.1\r\nHo"); }},
      {.name = "half a body", .limits = Limits::small, .play = sends(upload("POST /echo", 100).substr(0, 80))},
      {.name = "idle", .limits = Limits::small, .play = [](Visit& visit) { send_and_read_to_end(visit, small); }},
      {.name = "idle, GET after the FIN",
       .limits = Limits::small,
       .play =
           [](Visit& visit) {
             send_and_read_to_end(visit, small);
             visit.send(small);
             visit.await_delivery();
           }},
  };
}

std::vector<Situation> half_closes() {
  return {
      {.name = "FIN and nothing else", .play = [](Visit& visit) { send_with_fin(visit, ""); }},
      {.name = "GET with FIN", .play = [](Visit& visit) { send_with_fin(visit, small); }},
      {.name = "GET 1 MiB with FIN", .play = [](Visit& visit) { send_with_fin(visit, large); }},
      {.name = "GET with FIN, answered later", .play = [](Visit& visit) { send_with_fin(visit, late); }},
      {.name = "FIN in the middle of the answer",
       .receive_buffer = small_buffer,
       .play =
           [](Visit& visit) {
             visit.send(huge);
             visit.read_first_bytes();
             visit.send_fin();
             visit.read_to_end();
           }},
      {.name = "half a head, FIN", .play = [](Visit& visit) { send_with_fin(visit, "GET / HTTP/1.1\r\nHo"); }},
      {.name = "half a body, FIN",
       .play = [](Visit& visit) { send_with_fin(visit, upload("PUT /bytes/64", 100).substr(0, 90)); }},
  };
}

std::vector<Situation> malformed() {
  return {
      {.name = "field line without colon",
       .play = [](Visit& visit) { send_and_read(visit, request("GET /bytes/64", "no colon\r\n")); }},
      {.name = "no Host", .play = [](Visit& visit) { send_and_read(visit, "GET /bytes/64 HTTP/1.1\r\n\r\n"); }},
  };
}

}  // namespace

const std::vector<Situation>& situations() {
  static const std::vector<Situation> all = [] {
    std::vector<Situation> list;
    for (std::vector<Situation> group : {persistence(), unread_bytes(), time_outs(), half_closes(), malformed()})
      list.insert(list.end(), group.begin(), group.end());
    return list;
  }();
  return all;
}

}  // namespace closelab::persona_test
