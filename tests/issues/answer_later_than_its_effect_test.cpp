// The time of an answer was looked at after the send() that had handed it over. On one processor a client that waits
// for it runs first, so that what it did then, its FIN say, stood before the answer in the ladder.

#include <sched.h>

#include <chrono>
#include <thread>

#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

/// Threads that begin in its life share one processor.
class OneProcessor {
 public:
  OneProcessor() {
    ::sched_getaffinity(0, sizeof before_, &before_);
    cpu_set_t one;
    CPU_ZERO(&one);
    int first = 0;
    while (!CPU_ISSET(first, &before_)) ++first;
    CPU_SET(first, &one);
    ::sched_setaffinity(0, sizeof one, &one);
  }
  ~OneProcessor() { ::sched_setaffinity(0, sizeof before_, &before_); }
  OneProcessor(const OneProcessor&) = delete;
  OneProcessor& operator=(const OneProcessor&) = delete;

 private:
  cpu_set_t before_{};
};

}  // namespace

TEST_CASE("an answer's time is not after the moment at which the client had it") {
  const OneProcessor one;
  // accepted_at is of the wall clock, which this test compares with itself.
  TestServer server(Options{.requests_kept = 2000});
  Client client(server);
  std::vector<std::chrono::system_clock::time_point> had;
  for (int i = 0; i < 2000; ++i) {
    client.exchange(get("/"));
    had.push_back(std::chrono::system_clock::now());
  }
  client.close();
  const ConnectionRecord record = server.closed();
  REQUIRE(record.requests.size() == had.size());
  std::size_t late = 0;
  for (std::size_t i = 0; i < had.size(); ++i)
    late += record.accepted_at + record.requests[i].answered_at > had[i] ? 1 : 0;
  CHECK(late == 0);
}

}  // namespace closelab::loopback
