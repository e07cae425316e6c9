// When epoll_ctl() failed as a rule's pause began, or send() failed as a rule said something, the connection was over,
// and its server went on as if it were waiting: a null pointer, while the answer was put aside.

#include <dlfcn.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>

#include "tests/loopback/fixture.h"

namespace {

std::atomic<bool> no_watches{false};
std::atomic<bool> no_sends{false};

template <class Function>
Function* original(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" int epoll_ctl(int epoll, int operation, int fd, epoll_event* event) noexcept {
  static const auto next = original<int(int, int, int, epoll_event*)>("epoll_ctl");
  if (no_watches && operation == EPOLL_CTL_ADD) {
    errno = ENOSPC;
    return -1;
  }
  return next(epoll, operation, fd, event);
}

extern "C" ssize_t send(int fd, const void* from, size_t bytes, int flags) {
  static const auto next = original<ssize_t(int, const void*, size_t, int)>("send");
  if (no_sends) {
    errno = EPIPE;
    return -1;
  }
  return next(fd, from, bytes, flags);
}

namespace closelab::loopback {
namespace {

Options served_by(Rule rule) {
  Options options;
  options.rules = {std::move(rule)};
  return options;
}

std::string upload() { return post("/echo", "12345678"); }

/// A client sends that, reads to the end, and leaves.
void sends(const Server& server, std::string_view bytes) {
  Client client(server);
  client.try_send(bytes);
  client.receive_to_end();
}

TEST_CASE("a pause that the kernel can't watch ends its connection, and nothing else") {
  for (const At moment : {At::accept, At::request_headers, At::request_body, At::before_response, At::response_headers,
                          At::response_body, At::response_wire, At::after_response, At::next_request}) {
    INFO(to_string(moment));
    TestServer server(served_by(at(moment).delay(1ms).once()));
    no_watches = true;
    sends(server, upload() + upload());
    no_watches = false;
    CHECK(server.closed().phase == Phase::settled);
    CHECK(Client(server).exchange(get("/")).status == 200);
  }
}

TEST_CASE("a hold that the kernel can't watch ends its connection, once") {
  TestServer server;
  server.hold_close();
  no_watches = true;
  sends(server, get("/", "Connection: close\r\n"));
  no_watches = false;
  const ConnectionRecord record = server.closed();
  INFO(record);
  CHECK(record.verdict.closed_first == Side::server);
  CHECK(record.verdict.closed_by == ClosedBy::rst);
  CHECK(record.close_reason == CloseReason::out_of_memory);
}

TEST_CASE("a client that is gone when a rule speaks before a late answer ends its connection, and nothing else") {
  for (const std::string path : {"/late", "/elsewhere"}) {
    INFO(path);
    TestServer server(served_by(at(At::before_response).send("HTTP/1.1 102 Processing\r\n\r\n").once()));
    server.handle("/late", [](const Request&) {
      no_sends = true;
      return Response{.delay = 1ms};
    });
    server.handle_async("/elsewhere", [](const Responder& responder) {
      std::thread([responder] {
        no_sends = true;
        responder.send({});
      }).detach();
    });
    sends(server, get(path));
    no_sends = false;
    CHECK(server.closed().phase == Phase::settled);
    CHECK(Client(server).exchange(get("/")).status == 200);
  }
}

}  // namespace
}  // namespace closelab::loopback
