// POST /connections/ID/close?mode=lingering of a connection that was ending already was answered "lingering", and ended
// it `immediate`; a rule that was there twice was added without a word; and who waited for a connection to be leaked
// whose client had closed waited for ever.

#include "server/lab/admin/admin.h"
#include "tests/loopback/fixture.h"

namespace closelab::loopback {
namespace {

struct Rig {
  explicit Rig(const Rule& rule) { lab.add_rule(rule); }

  std::string post(const std::string& target, const std::string& body = "{}") {
    return Client(admin.endpoint())
        .exchange("POST " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n" +
                  "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body)
        .body;
  }
  int status_of(const std::string& target) {
    return Client(admin.endpoint()).exchange("GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").status;
  }

  lab::ServerEvents feed;
  Options options{feed.attach({})};
  TestServer lab{options};
  lab::Settings settings;
  lab::Admin admin{settings, lab, feed};
};

}  // namespace

TEST_CASE("the answer to a close says the mode in which the connection ends") {
  for (const auto& [asked, had] :
       {std::pair{"lingering", CloseMode::immediate}, std::pair{"half", CloseMode::immediate},
        std::pair{"abortive", CloseMode::abortive}}) {
    Rig rig(at(At::after_response).close(CloseMode::never));
    Client client(rig.lab);
    client.exchange(get("/"));
    CHECK(eventually([&] { return rig.lab.connection(1)->phase == Phase::closing; }));
    const std::string answer = rig.post(std::string("/connections/1/close?mode=") + asked);
    CHECK(answer.find("\"close_mode\":\"" + std::string(to_string(had)) + '"') != std::string::npos);
    client.close();
    CHECK(rig.lab.closed().close_mode == had);
  }
}

TEST_CASE("a connection that has settled is not waited for to be leaked") {
  Rig rig(at(At::after_response).close(CloseMode::lingering));
  Client client(rig.lab);
  client.exchange(get("/"));
  client.close();
  rig.lab.closed();
  CHECK(rig.status_of("/connections/1?wait=leaked&timeout=5s") == 409);
}

TEST_CASE("who adds a rule is told of an equal one") {
  Rig rig(at(At::after_response).close(CloseMode::abortive));
  CHECK(rig.post("/rules", R"({"at":"after_response","close":"abortive"})").find("\"same_as\":1") != std::string::npos);
  CHECK(rig.post("/rules", R"({"at":"after_response","close":"half"})").find("\"same_as\":null") != std::string::npos);
}

}  // namespace closelab::loopback
