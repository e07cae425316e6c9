#include "server/lab/admin/guard.h"

#include <doctest/doctest.h>

namespace closelab::lab {
namespace {

struct Case {
  const char* method;
  const char* target;
  std::vector<FieldView> fields;
  /// 0: let through.
  int status;
};

int refused_with(const Case& c) {
  RequestMessage request;
  request.method = c.method;
  request.target = c.target;
  request.fields = c.fields;
  const auto refusal = guard(request);
  return refusal ? refusal->status() : 0;
}

TEST_CASE("names that are allowed pass as Host, with any port and in any case") {
  struct Host {
    const char* value;
    int status;
  };
  const Host hosts[] = {{"closelab", 0}, {"CloseLab:8081", 0}, {"localhost", 0}, {"closelab.evil", 421}, {"lab", 421}};
  const std::vector<std::string> names{"closelab"};
  for (const Host& host : hosts) {
    CAPTURE(host.value);
    const std::vector<FieldView> fields{{"Host", host.value}};
    RequestMessage request;
    request.method = "GET";
    request.target = "/";
    request.fields = fields;
    const auto refusal = guard(request, names);
    CHECK((refusal ? refusal->status() : 0) == host.status);
  }
}

TEST_CASE("Host has to be an IP literal or localhost") {
  struct Host {
    const char* value;
    int status;
  };
  const Host hosts[] = {
      {"127.0.0.1:8081", 0},
      {"127.0.0.1", 0},
      {"localhost:8081", 0},
      {"LocalHost", 0},
      {"[::1]:8081", 0},
      {"[::1]", 0},
      {"192.168.1.7:80", 0},
      {"127.0.0.1:", 0},
      {"rebind.example", 421},
      {"localhost.", 421},
      {"localhost.evil", 421},
      {"127.0.0.1.evil", 421},
      {"127.0.0.1:80x", 421},
      {"[::1", 421},
      {"[evil]:80", 421},
      {"[::1]evil", 421},
      {"", 421},
      {"127.1", 421},
      {"2130706433", 421},
      {"user@127.0.0.1", 421},
      {"evil:127.0.0.1", 421},
      {"[127.0.0.1]", 421},
  };
  for (const Host& host : hosts) {
    CAPTURE(host.value);
    CHECK(refused_with({"GET", "/", {{"Host", host.value}}, 0}) == host.status);
  }
  CHECK(refused_with({"GET", "/", {}, 0}) == 421);
}

TEST_CASE("what a page of another site can make a browser send is refused") {
  const FieldView host{"Host", "127.0.0.1:8081"};
  const FieldView json{"Content-Type", "application/json"};
  const Case cases[] = {
      {"GET", "/", {host}, 0},
      {"GET", "/", {host, {"Origin", "http://127.0.0.1:8081"}}, 0},
      {"GET", "/", {host, {"Origin", "http://127.0.0.1"}}, 403},
      {"GET", "/", {host, {"Origin", "https://127.0.0.1:8081"}}, 403},
      {"GET", "/", {host, {"Origin", "http://evil.example"}}, 403},
      {"GET", "/", {host, {"Origin", "http://localhost:8081"}}, 403},
      {"GET", "/", {host, {"Origin", "null"}}, 403},
      {"GET", "/", {host, {"Origin", ""}}, 403},
      {"GET", "/", {host, {"Sec-Fetch-Site", "none"}}, 0},
      {"GET", "/", {host, {"Sec-Fetch-Site", "same-origin"}}, 0},
      {"GET", "/", {host, {"Sec-Fetch-Site", "same-site"}}, 403},
      {"GET", "/", {host, {"Sec-Fetch-Site", "cross-site"}}, 403},
      {"GET", "http://127.0.0.1:8081/", {host}, 421},
      {"POST", "/", {host, json}, 0},
      {"PUT", "/", {host, {"Content-Type", "Application/JSON \t; charset=utf-8"}}, 0},
      {"POST", "/", {host}, 415},
      {"PUT", "/", {host}, 415},
      {"POST", "/", {host, {"Content-Type", "text/plain"}}, 415},
      {"POST", "/", {host, {"Content-Type", "application/x-www-form-urlencoded"}}, 415},
      {"POST", "/", {host, {"Content-Type", "application/jsonp"}}, 415},
      {"POST", "/", {host, {"Content-Type", "text/plain; application/json"}}, 415},
      {"POST", "/", {host, json, {"Origin", "http://evil.example"}}, 403},
      {"POST", "/", {{"Host", "evil.example"}, json}, 421},
      // A browser asks (OPTIONS) before it lets another site's page send it.
      {"DELETE", "/", {host}, 0},
  };
  for (const Case& c : cases) {
    CAPTURE(c.method);
    CAPTURE(c.fields.back().value);
    CHECK(refused_with(c) == c.status);
  }
}

}  // namespace
}  // namespace closelab::lab
