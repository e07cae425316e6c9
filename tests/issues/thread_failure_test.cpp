// When the thread of the second reactor could not be started, the first one's was still running as it was destroyed:
// std::terminate() instead of the exception.

#include <dlfcn.h>
#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <system_error>

#include "tests/loopback/fixture.h"

namespace {

/// Threads that may still be started; negative: any number.
std::atomic<int> threads_left{-1};

}  // namespace

extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                              void* argument) {
  static const auto create = reinterpret_cast<decltype(&pthread_create)>(::dlsym(RTLD_NEXT, "pthread_create"));
  if (threads_left == 0) return EAGAIN;
  if (threads_left > 0) --threads_left;
  return create(thread, attributes, run, argument);
}

namespace closelab::loopback {
namespace {

TEST_CASE("a server whose second thread can't be started says so") {
  Options options;
  options.reactors = 2;
  options.lookups = Switch::off;
  threads_left = 1;
  CHECK_THROWS_AS(Server{options}, std::system_error);
  threads_left = -1;
  TestServer server(options);
  CHECK(Client(server).exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status == 200);
}

}  // namespace
}  // namespace closelab::loopback
