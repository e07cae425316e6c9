#include "tests/support/capture.h"

#include <poll.h>

#include <utility>

#include "net/socket/socket_address.h"

namespace closelab::kernel_test {
namespace {

constexpr int buffer_bytes = 128 * 1024 * 1024;
constexpr int look_again_ms = 10;

}  // namespace

Sniffer::Sniffer(std::function<std::shared_ptr<void>()> on_thread)
    : capture_({.buffer_bytes = buffer_bytes}),
      thread_([this, first = std::move(on_thread)](const std::stop_token& stop) { run(stop, first); }) {
  begun_.wait();
}

void Sniffer::run(const std::stop_token& stop, const std::function<std::shared_ptr<void>()>& on_thread) {
  const auto kept = on_thread ? on_thread() : nullptr;
  begun_.count_down();
  while (!stop.stop_requested()) {
    pollfd entry{.fd = capture_.fd(), .events = POLLIN, .revents = 0};
    ::poll(&entry, 1, look_again_ms);
    capture_.collect();
    sort();
  }
}

void Sniffer::sort() {
  for (const testbed::Segment& segment : capture_.take()) sorter_.add(segment);
}

Connections Sniffer::finish() {
  thread_.request_stop();
  thread_.join();
  capture_.finish(*net::parse_address("127.0.0.1", 1));
  sort();
  return sorter_.take();
}

}  // namespace closelab::kernel_test
