#include "tests/kernel/two_hosts.h"

#include <chrono>

#include "net/socket/socket_address.h"
#include "net/testbed/two_views.h"

namespace closelab::kernel_test {
namespace {

constexpr const char* client_device = "client";
constexpr const char* server_device = "server";
constexpr int buffer_bytes = 64 * 1024 * 1024;
constexpr std::chrono::milliseconds look_again{10};

}  // namespace

TwoHosts::TwoHosts() : client_(testbed::Host::current()), server_(testbed::Host::current()) {
  using testbed::client_address;
  using testbed::server_address;
  const testbed::LinkKind link = testbed::allowed_link();
  testbed::Wire client = testbed::make_link(link, {client_device, client_address, server_address});
  at_client_ = std::make_unique<testbed::Capture>(
      testbed::CaptureOptions{.device = client_device, .buffer_bytes = buffer_bytes});
  server_ = testbed::Host::create();
  testbed::Wire server = testbed::make_link(link, {server_device, server_address, client_address});
  at_server_ = std::make_unique<testbed::Capture>(
      testbed::CaptureOptions{.device = server_device, .buffer_bytes = buffer_bytes});
  relay_ = std::make_unique<testbed::Relay>(std::move(client), std::move(server));
  client_.enter();
}

void TwoHosts::start_capture() {
  collecting_ = std::jthread([this](const std::stop_token& stop) { collect(stop); });
}

void TwoHosts::collect(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    at_client_->collect();
    at_server_->collect();
    std::this_thread::sleep_for(look_again);
  }
}

Connections TwoHosts::finish_capture() {
  collecting_.request_stop();
  collecting_.join();
  const Endpoint client = *net::parse_address(testbed::client_address, 1);
  enter(Side::server);
  at_server_->finish(client);
  enter(Side::client);
  at_client_->finish(*net::parse_address(testbed::server_address, 1));
  testbed::ConnectionSorter sorter;
  for (const testbed::Segment& segment : testbed::join_views(at_client_->take(), at_server_->take(), client)) {
    sorter.add(segment);
  }
  return sorter.take();
}

}  // namespace closelab::kernel_test
