// A client that bound its port and connected again at once: the TIME_WAIT of its second connection was taken as
// evidence for the first, which the server had closed.

#include <doctest/doctest.h>

#include "net/verdict/derive_verdict.h"
#include "tests/net/connection.h"
#include "tests/net/verdict/settled.h"
#include "tests/net/verdict/story.h"

namespace closelab::net::test {
namespace {

TEST_CASE("once the tuple was accepted again, a look at the client's end proves nothing about the connection before") {
  Reports reports;
  Observer observer(Switch::on, reports.callback());
  EndedConnection first;
  first.id = 1;
  first.tuple = {*parse_address("127.0.0.1", 1), *parse_address("127.0.0.1", 2)};
  observer.accepted(1, first.tuple, -1);
  observer.accepted(2, first.tuple, -1);
  first.note(Source::syscall, fact::StoppedReceiving{});
  first.note(Source::tcp_info, fact::Sampled{.moment = SampleMoment::before_close, .state = TcpState::established});
  first.note(Source::syscall, fact::Aborted{});
  observer.follow(first);
  const Report report = reports.settled();
  CHECK(find<fact::TupleReused>(report.connection) != nullptr);
  CHECK(find<fact::PeerSocket>(report.connection) == nullptr);
  CHECK(report.verdict.closed_first == Side::server);
  CHECK(report.verdict.closed_by == ClosedBy::rst);
  CHECK(report.verdict.time_wait == TimeWait::none);
  CHECK(report.verdict.time_wait_source == Source::inferred);
}

TEST_CASE("the last connection with its addresses and ports is looked up as ever") {
  Reports reports;
  Observer observer(Switch::on, reports.callback());
  EndedConnection second;
  second.id = 2;
  second.tuple = {*parse_address("127.0.0.1", 1), *parse_address("127.0.0.1", 2)};
  observer.accepted(1, second.tuple, -1);
  observer.accepted(2, second.tuple, -1);
  observer.follow(second);
  CHECK(find<fact::PeerSocket>(reports.settled().connection) != nullptr);
}

TEST_CASE("a FIN of ours before the tuple was accepted again: TIME_WAIT is unknown, not the client's") {
  const Verdict verdict = derive_verdict(Story()
                                             .before_fin(TcpState::established)
                                             .fin_left()
                                             .eof()
                                             .sample(SampleMoment::at_eof, TcpState::closed, 0, 6)
                                             .closed()
                                             .fact(fact::TupleReused{})
                                             .evidence());
  CHECK(verdict.closed_first == Side::server);
  CHECK(verdict.closed_first_source == Source::tcp_info);
  CHECK(verdict.time_wait == TimeWait::unknown);
}

}  // namespace
}  // namespace closelab::net::test
