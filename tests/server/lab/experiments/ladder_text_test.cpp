#include "server/lab/experiments/ladder_text.h"

#include <doctest/doctest.h>

namespace closelab::lab {
namespace {

using testbed::Rung;
using testbed::Transit;

std::chrono::nanoseconds ms(int time) { return std::chrono::milliseconds(time); }

TEST_CASE("a ladder: who sends what, what is lost, what each end is in") {
  testbed::Picture picture;
  picture.ends.client = {.family = AddressFamily::ipv4, .port = 5000, .address = {192, 0, 2, 1}};
  picture.ends.server = {.family = AddressFamily::ipv4, .port = 9000, .address = {192, 0, 2, 2}};
  picture.rungs = {
      {.kind = Rung::Kind::call, .text = "close()"},
      {.at = ms(1), .text = "FIN, ACK", .transit = Transit::delivered, .arrived = ms(51)},
      {.at = ms(51), .side = Side::server, .text = "ACK of the FIN", .transit = Transit::lost},
      {.at = ms(52), .kind = Rung::Kind::states, .client = TcpState::fin_wait_1, .server = TcpState::close_wait},
      {.at = ms(1052), .side = Side::server, .text = "5 bytes, an old copy", .transit = Transit::repeated},
  };
  CHECK(ladder_text(picture, TextStyle::plain) ==
        R"(           ms  client 192.0.2.1:5000                                          server 192.0.2.2:9000
        0.000  close()                  │                                    │
        1.000                           │── FIN, ACK ───────────────────────>│  arrives 51.000
       51.000  lost                     │         X──────── ACK of the FIN ──│
       52.000  FIN_WAIT_1               │                                    │  CLOSE_WAIT
     1052.000                           │<─────────── 5 bytes, an old copy ··│
)");
}

TEST_CASE("no connection, no ladder") { CHECK(ladder_text({}, TextStyle::plain) == ""); }

}  // namespace
}  // namespace closelab::lab
