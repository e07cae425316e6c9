// A Server that was stopped or destroyed in another's handler took itself to be in its own: std::terminate(). In its
// own handler it ended so without a word.

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <memory>

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

TEST_CASE("a handler may stop and destroy another server") {
  TestServer outer;
  outer.handle("/nested", [](const Request&) {
    auto inner = std::make_unique<TestServer>();
    const Endpoint endpoint = inner->endpoint();
    Client client(endpoint);
    const Reply reply = client.exchange(get("/"));
    const StopReport stopped = inner->stop();
    CHECK(stopped.held_up.empty());
    CHECK(inner->counts().open == 0);
    inner.reset();
    TestServer{};
    return Response{.body = reply.body};
  });
  CHECK(Client(outer).exchange(get("/nested")).body == "hello");
}

[[noreturn]] void destroy_in_own_handler() {
  ::signal(SIGABRT, SIG_DFL);
  auto* const server = new TestServer;
  server->handle("/end", [server](const Request&) {
    delete server;
    return Response{};
  });
  Client client(*server);
  client.send(get("/end"));
  client.receive_to_end();
  ::_exit(0);
}

TEST_CASE("a server that is destroyed in its own handler says so") {
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(pipe[1], STDERR_FILENO);
    destroy_in_own_handler();
  }
  ::close(pipe[1]);
  std::string text;
  std::array<char, 4096> some{};
  for (ssize_t n = 0; (n = ::read(pipe[0], some.data(), some.size())) > 0;)
    text.append(some.data(), static_cast<std::size_t>(n));
  ::close(pipe[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  CHECK(text.find("closelab: a Server must not be destroyed on a thread of its own") != std::string::npos);
}

}  // namespace
}  // namespace closelab::loopback
