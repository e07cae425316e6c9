#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "closelab/server.h"
#include "tests/loopback/client.h"

namespace closelab::loopback {

using namespace std::chrono_literals;

/// Bytes that depend on their position, so that none can be lost, doubled or swapped unseen.
inline std::string pattern(std::size_t bytes) {
  std::string text(bytes, '\0');
  for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>('a' + (i + i / 26 + i / 5000) % 26);
  return text;
}

/// Gives `bytes` bytes, whatever they are.
inline BodySource filler(std::uint64_t bytes) {
  return [left = bytes](std::string& to, std::size_t max) mutable {
    const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(left, max));
    to.append(piece, 'x');
    left -= piece;
  };
}

/// A server with the routes that these tests use.
class TestServer : public Server {
 public:
  explicit TestServer(Options options = {}) : Server(std::move(options)) {
    handle("/", [](const Request&) { return Response{.body = "hello"}; });
    handle("/path/*", [](const Request& request) { return Response{.body = std::string(request.path)}; });
    handle("/echo", [](const Request& request) { return Response{.body = std::string(request.body)}; });
    handle("/close", [](const Request&) { return Response{.headers = {{"Connection", "close"}}, .body = "bye"}; });
    handle("/delay", [](const Request&) { return Response{.body = "late", .delay = 30ms}; });
    handle("/large", [](const Request& request) {
      return Response{.body = pattern(std::stoul("0" + std::string(request.query)))};
    });
    handle("/stream", [](const Request& request) {
      const std::uint64_t bytes = std::stoul("0" + std::string(request.query));
      return Response{.body_source = filler(bytes), .content_length = bytes};
    });
    handle("/chunked", [](const Request& request) {
      return Response{.body_source = filler(std::stoul("0" + std::string(request.query)))};
    });
  }

  /// The record of the next connection to settle.
  ConnectionRecord closed() {
    auto record = wait_closed(patience);
    REQUIRE_MESSAGE(record, "no connection settled");
    return *record;
  }
};

/// Whether it comes to be so; for what has no event of its own.
inline bool eventually(const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

/// The first fact of a kind; null when there is none.
template <class What>
const What* find(const ConnectionRecord& record) {
  return closelab::find<What>(record.evidence);
}

/// When it was.
template <class What>
std::chrono::nanoseconds time_of(const ConnectionRecord& record) {
  return std::ranges::find_if(record.evidence, [](const Evidence& each) { return each.is<What>(); })->at;
}

}  // namespace closelab::loopback
