#include <doctest/doctest.h>

#include "server/lab/admin/admin.h"

namespace closelab::lab {
namespace {

std::uint16_t port_of(const Admin& admin) {
  const std::string url = admin.url();
  return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
}

TEST_CASE("an automatic admin port that is taken is another, and a given one is an error") {
  ServerEvents feed;
  Server lab(feed.attach({}));
  const Server holder;
  Settings settings;
  settings.options.listen.port = static_cast<std::uint16_t>(holder.port() - 1);
  CHECK(port_of(Admin(settings, lab, feed)) != holder.port());
  settings.admin_port = {.choice = AdminPort::Choice::fixed, .port = holder.port()};
  CHECK_THROWS_AS(Admin(settings, lab, feed), ListenError);
}

/// Tried several times: another program may take the port in between.
TEST_CASE("an automatic admin port is one above the lab's") {
  bool above = false;
  for (int i = 0; i < 10 && !above; ++i) {
    ServerEvents feed;
    Server lab(feed.attach({}));
    Settings settings;
    settings.options.listen.port = static_cast<std::uint16_t>(Server().port() - 1);
    above = port_of(Admin(settings, lab, feed)) == settings.options.listen.port + 1;
  }
  CHECK(above);
}

TEST_CASE("callbacks that are there are called, too") {
  ServerEvents feed;
  int accepted = 0;
  Options options;
  options.on_accepted = [&](const ConnectionRecord&) { ++accepted; };
  const Options attached = feed.attach(std::move(options));
  attached.on_accepted({});
  CHECK(accepted == 1);
  CHECK(attached.on_idle);
  attached.on_request({}, {});
  attached.on_settled({});
  const std::string metrics = feed.metrics({});
  CHECK(metrics.find("closelab_requests_total{status=\"none\"} 1\n") != std::string::npos);
  CHECK(metrics.find("closelab_endings_total{") != std::string::npos);
}

}  // namespace
}  // namespace closelab::lab
