// What a client that keeps connections must get right, with libcurl, and the server inside the test.

#include <closelab/server.h>
#include <curl/curl.h>

#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

using closelab::At;
using closelab::CloseMode;

/// An easy handle keeps its connections from one transfer to the next.
class Pool {
 public:
  Pool() : curl_(curl_easy_init()) {}
  ~Pool() { curl_easy_cleanup(curl_); }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  CURLcode get(const std::string& url) {
    curl_easy_setopt(curl_, CURLOPT_HTTPGET, 1L);
    return perform(url);
  }
  CURLcode post(const std::string& url, const std::string& body) {
    curl_easy_setopt(curl_, CURLOPT_COPYPOSTFIELDS, body.c_str());
    return perform(url);
  }
  const std::string& body() const { return body_; }

 private:
  CURLcode perform(const std::string& url) {
    body_.clear();
    curl_easy_setopt(curl_, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl_, CURLOPT_WRITEDATA, &body_);
    curl_easy_setopt(
        curl_, CURLOPT_WRITEFUNCTION, +[](char* data, std::size_t, std::size_t size, void* to) {
          static_cast<std::string*>(to)->append(data, size);
          return size;
        });
    return curl_easy_perform(curl_);
  }

  CURL* curl_;
  std::string body_;
};

struct Fixture {
  Fixture() {
    server.handle("/", [](const closelab::Request&) { return closelab::Response{.body = "hello"}; });
    server.handle("/bye", [](const closelab::Request&) {
      return closelab::Response{.headers = {{"Connection", "close"}}, .body = "bye"};
    });
  }

  std::vector<std::uint64_t> connections_of_requests() const {
    std::vector<std::uint64_t> ids;
    for (const closelab::RequestRecord& request : server.requests()) ids.push_back(request.connection_id);
    return ids;
  }

  closelab::Server server;
  Pool pool;
};

TEST_CASE_FIXTURE(Fixture, "libcurl reuses a connection") {
  CHECK(pool.get(server.url()) == CURLE_OK);
  CHECK(pool.get(server.url()) == CURLE_OK);
  CHECK(server.counts().reused == 1);
  CHECK(server.counts().accepted == 1);
}

TEST_CASE_FIXTURE(Fixture, "libcurl survives a stale connection") {
  server.add_rule(closelab::at(At::next_request).close().on_connection(1));
  CHECK(pool.get(server.url()) == CURLE_OK);
  CHECK(pool.get(server.url()) == CURLE_OK);
  CHECK(pool.body() == "hello");
  const auto record = server.wait_closed(1);
  REQUIRE(record);
  INFO(*record);
  CHECK(record->close_reason == closelab::CloseReason::rule);
  CHECK(record->retry == closelab::Retry::safe);
  CHECK(connections_of_requests() == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE_FIXTURE(Fixture, "libcurl does not send a POST again on a connection that was new") {
  server.add_rule(closelab::at(At::before_response).close().on_request(1));
  CHECK(pool.post(server.url(), "order 1 book") == CURLE_GOT_NOTHING);
  const auto record = server.wait_closed(1);
  REQUIRE(record);
  INFO(*record);
  CHECK(record->retry == closelab::Retry::if_idempotent);
  CHECK(server.counts().requests == 1);
}

TEST_CASE_FIXTURE(Fixture, "libcurl sends a POST again on a connection that it reused, though a handler has seen it") {
  server.add_rule(closelab::at(At::before_response).close().on_connection(1).on_request(2));
  CHECK(pool.get(server.url()) == CURLE_OK);
  CHECK(pool.post(server.url(), "order 1 book") == CURLE_OK);
  // One order has become two: RFC 9110 section 9.2.2 says that a client must not do this unasked.
  CHECK(connections_of_requests() == std::vector<std::uint64_t>{1, 1, 2});
  CHECK(server.wait_closed(1)->retry == closelab::Retry::if_idempotent);
}

TEST_CASE_FIXTURE(Fixture, "libcurl notices Connection: close") {
  CHECK(pool.get(server.url("/bye")) == CURLE_OK);
  CHECK(pool.get(server.url()) == CURLE_OK);
  CHECK(connections_of_requests() == std::vector<std::uint64_t>{1, 2});
  CHECK(server.wait_closed(1)->verdict.closed_first == closelab::Side::server);
}

}  // namespace
