#include "server/lab/json/picture_json.h"

#include <doctest/doctest.h>

#include "tests/server/record/a_record.h"

namespace closelab::lab {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a picture reads back as it was written") {
  server::Picture picture = server::picture_of(server_closed());
  picture.client = {.family = AddressFamily::ipv6, .port = 80};
  picture.client.address[15] = 1;
  picture.rungs.push_back({.at = 70ms,
                           .kind = server::RungKind::data,
                           .side = Side::client,
                           .text = "2 ACKs",
                           .until = 71ms,
                           .segments = 2,
                           .transit = net::Transit::delivered,
                           .arrived = 72ms});
  const Json json = to_json(picture);
  const server::Picture read = picture_from_json(json);
  CHECK(to_json(read) == json);
  CHECK(read.client == picture.client);
  CHECK(read.rungs.back().until == 71ms);
  CHECK(read.rungs.back().arrived == 72ms);
}

TEST_CASE("of a rung there is what is known of it") {
  const Json rungs = to_json(server::picture_of(server_closed()))["rungs"];
  CHECK(rungs[1].dump() ==
        R"({"at_ms":0.213,"kind":"request","side":"client","text":"GET / HTTP/1.1","source":"syscall"})");
  CHECK(rungs[7]["state"] == "TIME_WAIT");
}

TEST_CASE("a record is served with its picture") { CHECK(with_picture(server_closed()).contains("picture")); }

}  // namespace
}  // namespace closelab::lab
