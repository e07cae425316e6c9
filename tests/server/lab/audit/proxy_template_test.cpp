#include "server/lab/audit/proxy_template.h"

#include <doctest/doctest.h>

#include <string>

#include "server/lab/settings/usage_error.h"

namespace closelab::lab {
namespace {

constexpr const char* good = R"(# run: nginx -p {folder} -c {conf}
# version: nginx -v
events {}
listen {listen}; proxy_pass http://{upstream}; # {unknown} {listen_port} {upstream_port}
)";

TEST_CASE("a template says how the proxy is run, and is filled in") {
  const ProxyTemplate proxy = parse_proxy_template(good, "nginx.conf");
  CHECK(proxy.run == std::vector<std::string>{"nginx", "-p", "{folder}", "-c", "{conf}"});
  CHECK(proxy.version == std::vector<std::string>{"nginx", "-v"});
  const ProxyPlaces places{
      .conf = "/tmp/a/conf", .folder = "/tmp/a", .listen = "127.0.0.1:81", .upstream = "localhost:82"};
  CHECK(fill_in(proxy.run[4], places) == "/tmp/a/conf");
  const std::string text = fill_in(proxy.text, places);
  CHECK(text.find("events {}\nlisten 127.0.0.1:81; proxy_pass http://localhost:82; # {unknown} 81 82\n") !=
        std::string::npos);
}

TEST_CASE("what a template lacks is told, with its file") {
  struct Row {
    const char* text;
    const char* error;
  };
  const Row rows[] = {
      {"listen {listen}; {upstream}", "one.conf: no line says how the proxy is run: \"# run: nginx -c {conf}\""},
      {"# run: nginx\n{listen} {upstream}",
       "one.conf: the line \"# run:\" has no {conf}, the file to which the template is filled in"},
      {"# run: nginx {conf}\n{upstream}",
       "one.conf: nothing says {listen}, HOST:PORT at which the proxy is to listen, or {listen_port}"},
      {"# run: nginx {conf}\n{listen}",
       "one.conf: nothing says {upstream}, HOST:PORT of the server that it is to ask, or {upstream_port}"},
  };
  for (const Row& row : rows) CHECK_THROWS_WITH_AS(parse_proxy_template(row.text, "one.conf"), row.error, UsageError);
}

}  // namespace
}  // namespace closelab::lab
