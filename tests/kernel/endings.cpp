#include "tests/kernel/endings.h"

#include <thread>

namespace closelab::kernel_test {

std::string get(std::string_view path, std::string_view fields) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: lab\r\n" + std::string(fields) + "\r\n";
}

void read_and_close(Scene& scene) {
  scene.client.read_to_end();
  scene.client.close();
}

void take_time(Scene& scene, unsigned least_ms, unsigned most_ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(least_ms + scene.random.up_to(most_ms - least_ms)));
}

const std::string& too_large() {
  static const std::string request =
      "POST / HTTP/1.1\r\nHost: lab\r\nContent-Length: 100000\r\n\r\n" + std::string(100'000, 'b');
  return request;
}

void send_too_large_in_pieces(Scene& scene) {
  std::string_view rest = too_large();
  while (!rest.empty()) {
    const std::string_view piece = rest.substr(0, 2000 + scene.random.up_to(20'000));
    if (!scene.client.send(piece)) return;
    rest.remove_prefix(piece.size());
    scene.random.spin(std::chrono::microseconds(50));
  }
}

}  // namespace closelab::kernel_test
