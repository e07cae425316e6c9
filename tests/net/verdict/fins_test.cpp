#include <doctest/doctest.h>

#include "closelab/evidence.h"
#include "tests/net/verdict/story.h"

namespace closelab::net {
namespace {

using S = TcpState;
using M = SampleMoment;

TEST_CASE("who has sent its FIN, as far as evidence shows") {
  const fact::Segment client_fin{.from = Sender::client, .fin = true};
  const fact::Segment server_fin{.from = Sender::server, .fin = true};
  struct Row {
    const char* name;
    Story story;
    FinSentBy sent_by;
  };
  const Row rows[] = {
      {"nothing yet", Story(), FinSentBy::nobody},
      {"both are open", Story().own(S::established).peer(S::established), FinSentBy::nobody},
      {"shutdown()", Story().fin(), FinSentBy::server},
      {"a client that has our FIN", Story().peer(S::close_wait), FinSentBy::server},
      {"FIN_WAIT_2", Story().own(S::fin_wait_2), FinSentBy::server},
      {"our FIN, captured", Story().fact(server_fin, Source::capture), FinSentBy::server},
      {"recv() 0", Story().eof(), FinSentBy::client},
      {"CLOSE_WAIT", Story().sample(M::while_waiting, S::close_wait), FinSentBy::client},
      {"a client in FIN_WAIT_2", Story().peer(S::fin_wait_2), FinSentBy::client},
      {"the client's FIN, captured", Story().fact(client_fin, Source::capture), FinSentBy::client},
      {"an RST in CLOSE_WAIT", Story().fact(fact::PendingError{EPIPE}), FinSentBy::client},
      {"TIME_WAIT", Story().own(S::time_wait), FinSentBy::both},
      {"LAST_ACK", Story().own(S::last_ack), FinSentBy::both},
      {"one after the other", Story().fin_left().eof(), FinSentBy::both},
      {"an RST is no FIN", Story().aborted(), FinSentBy::nobody},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(fin_sent_by(row.story.evidence()) == row.sent_by);
  }
}

}  // namespace
}  // namespace closelab::net
