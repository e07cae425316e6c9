// The lab's routes, through curl.

#include <doctest/doctest.h>

#include <string>
#include <tuple>
#include <vector>

#include "tests/support/program.h"

namespace closelab::cli {
namespace {

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_CASE("the routes answer as the help says") {
  Lab lab;

  const Finished bytes = curl({"-i", lab.url("/bytes/3MiB")});
  CHECK(contains(bytes.out, "\r\nContent-Length: 3145728\r\n"));
  CHECK(bytes.out.size() - bytes.out.find("\r\n\r\n") - 4 == 3145728);

  const Finished chunked = curl({"-i", lab.url("/chunked/100KiB")});
  CHECK(contains(chunked.out, "\r\nTransfer-Encoding: chunked\r\n"));
  CHECK(chunked.out.size() - chunked.out.find("\r\n\r\n") - 4 == 102400);

  CHECK(curl({"--data-binary", "hello", lab.url("/echo")}).out == "hello");
  CHECK(contains(curl({"-H", "X-Lab: 1", lab.url("/echo?idle_timeout=2s")}).out,
                 "GET /echo?idle_timeout=2s HTTP/1.1\nHost: "));
  CHECK(curl({"-H", "X-Lab: 1", lab.url("/echo")}).out.ends_with("X-Lab: 1\n"));

  CHECK(curl({"-w", "%{http_code}", lab.url("/status/418")}).out.ends_with("418"));
  CHECK(curl({"-w", "%{http_code}", lab.url("/status/204")}).out == "204");
  CHECK(std::stod(curl({"-o", "/dev/null", "-w", "%{time_total}", lab.url("/delay/300ms")}).out) >= 0.3);

  CHECK(contains(curl({"-I", lab.url()}).out, "HTTP/1.1 200 OK\r\n"));
  CHECK(contains(curl({"-i", "-X", "DELETE", lab.url()}).out, "\r\nAllow: GET, HEAD, POST\r\n"));
  CHECK(contains(curl({lab.url("/nothing")}).out, "/delay/DURATION"));
  CHECK(contains(curl({"-i", lab.url("/bytes/x")}).out, "HTTP/1.1 400 "));
  CHECK(contains(curl({"-i", lab.url("/close/gently")}).out, "lingering, immediate, abortive"));
}

TEST_CASE("a tag tells requests apart, POST is answered as GET is, and /echo takes any query") {
  Lab lab;
  for (const char* route : {"/", "/bytes/5", "/chunked/5", "/status/200", "/delay/1ms"}) {
    CAPTURE(route);
    const std::string url = lab.url(route) + "?tag=x/7";
    const Finished got = curl({"-w", "%{http_code}", url});
    const Finished posted = curl({"-w", "%{http_code}", "-d", "body", url});
    CHECK(posted.out.ends_with("200"));
    if (std::string_view(route) != "/") CHECK(posted.out == got.out);
  }
  CHECK(lab.settled()["requests"][0]["target"] == "/?tag=x/7");
  CHECK(contains(curl({lab.url("/echo?q=1&close=lingering&at=after_response")}).out, "GET /echo?q=1&close=lingering"));
  CHECK(contains(curl({lab.url("/echo?close=gently")}).out, "is none of lingering"));
  CHECK(contains(curl({lab.url("/?q=1")}).out, "unknown query option"));
}

TEST_CASE("404 and 405 come before a 100 (Continue), and say that the connection ends") {
  Lab lab;
  const auto expecting = [&lab](const char* method, const char* path) {
    return curl({"-i", "-X", method, "-H", "Expect: 100-continue", "-d", "body", lab.url(path)}).out;
  };
  for (const auto& [method, path, status] :
       {std::tuple{"POST", "/nothing", "404"}, {"PUT", "/bytes/5", "405"}, {"DELETE", "/", "405"}}) {
    CAPTURE(path);
    const std::string out = expecting(method, path);
    CHECK(out.starts_with("HTTP/1.1 " + std::string(status)));
    CHECK(contains(out, "\r\nConnection: close\r\n"));
  }
  CHECK(expecting("POST", "/echo").starts_with("HTTP/1.1 100 Continue\r\n"));
}

TEST_CASE("with --cors a page of another origin may ask, and its rule acts after the preflight") {
  Lab lab({"--cors"});
  const std::string url = lab.url("/?close=abortive&at=before_response");
  const std::vector<std::string> preflight{
      "-i", "-X", "OPTIONS", "-H", "Origin: http://a.example", "-H", "Access-Control-Request-Method: PUT", url};
  CHECK(contains(curl(preflight).out, "\r\nAccess-Control-Allow-Methods: *\r\n"));
  CHECK(curl({"-H", "Origin: http://a.example", url}).exit_code == 56);
  CHECK(contains(curl({"-i", "-H", "Origin: http://a.example", lab.url()}).out,
                 "\r\nAccess-Control-Allow-Origin: *\r\n"));
  CHECK_FALSE(contains(curl({"-i", lab.url()}).out, "Access-Control"));
  Lab without;
  CHECK_FALSE(contains(curl({"-i", "-H", "Origin: http://a.example", without.url()}).out, "Access-Control"));
}

TEST_CASE("a delayed response does not hold up other connections") {
  Lab lab;
  const RawClient slow(lab.port());
  slow.send("GET /delay/60s HTTP/1.1\r\nHost: lab\r\n\r\n");
  CHECK(curl({lab.url()}).exit_code == 0);
}

}  // namespace
}  // namespace closelab::cli
