#include "net/verdict/derive_verdict.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <vector>

#include "tests/net/verdict/story.h"

namespace closelab::net {
namespace {

using namespace std::chrono_literals;

struct Row {
  const char* name;
  Story story;
  Side closed_first;
  ClosedBy closed_by;
  ResetBy reset_by;
  TimeWait time_wait;
  Source source;
};

using S = TcpState;
using M = SampleMoment;

constexpr auto seen = Source::sock_diag;
constexpr auto inferred = Source::inferred;

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    const Verdict verdict = derive_verdict(row.story.evidence());
    CAPTURE(row.name);
    CHECK(verdict.closed_first == row.closed_first);
    CHECK(verdict.closed_by == row.closed_by);
    CHECK(verdict.reset_by == row.reset_by);
    CHECK(verdict.time_wait == row.time_wait);
    CHECK(to_string(verdict.time_wait_source) == to_string(row.source));
  }
}

constexpr auto undetermined = Side::undetermined;
constexpr auto by_fin = ClosedBy::fin;
constexpr auto by_rst = ClosedBy::rst;
constexpr auto by_unknown = ClosedBy::undetermined;
constexpr auto no_reset = ResetBy::none;
constexpr auto reset_unknown = ResetBy::undetermined;

TEST_CASE("orderly ends, both ends on this machine") {
  check({
      {"server first, drained to the client's FIN",
       Story()
           .fin_left()
           .later(200us)
           .eof()
           .sample(M::at_eof, S::closed, 0, 6)
           .closed()
           .own(S::time_wait)
           .peer(S::closed),
       Side::server, by_fin, no_reset, TimeWait::server, seen},
      {"server first, over before shutdown() returned",
       Story()
           .before_fin(S::established, 100)
           .fin()
           .sample(M::after_fin, S::closed, 0, 7)
           .eof()
           .sample(M::at_eof, S::closed)
           .closed()
           .own(S::time_wait)
           .peer(S::closed),
       Side::server, by_fin, no_reset, TimeWait::server, seen},
      {"server first, closed at once, the client slow",
       Story().fin_left().closed().own(S::fin_wait_1).peer(S::close_wait).own(S::time_wait).peer(S::closed),
       Side::server, by_fin, no_reset, TimeWait::server, seen},
      {"client first, its FIN read before ours",
       Story().eof().sample(M::at_eof, S::close_wait).closed().own(S::closed).peer(S::time_wait), Side::client, by_fin,
       no_reset, TimeWait::client, seen},
      {"client first, its FIN not read",
       Story().fin().sample(M::after_fin, S::last_ack).closed().own(S::closed).peer(S::time_wait), Side::client, by_fin,
       no_reset, TimeWait::client, seen},
      {"client first, its FIN not read, over before shutdown() returned",
       Story().fin_and_over().eof().sample(M::at_eof, S::closed).closed().own(S::closed).peer(S::time_wait),
       Side::client, by_fin, no_reset, TimeWait::client, seen},
      {"FINs crossed, CLOSING seen",
       Story().fin_left().sample(M::at_eof, S::closing).closed().own(S::time_wait).peer(S::time_wait), Side::both,
       by_fin, no_reset, TimeWait::both, seen},
      {"FINs crossed, CLOSING seen by the lookup only",
       Story().fin_left().closed().own(S::closing).remote().own(S::time_wait), Side::both, by_fin, no_reset,
       TimeWait::both, inferred},
      {"FINs crossed, over before anybody looked",
       Story().before_fin(S::established, 100).fin_and_over().closed().own(S::time_wait).peer(S::time_wait), Side::both,
       by_fin, no_reset, TimeWait::both, seen},
      {"FINs crossed, both in TIME_WAIT", Story().fin_left().eof().closed().own(S::time_wait).peer(S::time_wait),
       Side::both, by_fin, no_reset, TimeWait::both, seen},
      {"our FIN was queued, the client's left first (ground truth 3u)",
       Story().fin_queued().eof().sample(M::at_eof, S::closing, 1001).closed().own(S::time_wait).peer(S::time_wait),
       Side::client, by_fin, no_reset, TimeWait::both, seen},
      {"our FIN was queued, then went first", Story().fin_queued().eof().closed().own(S::time_wait).peer(S::closed),
       Side::server, by_fin, no_reset, TimeWait::server, seen},
      {"our FIN was queued, and then acknowledged",
       Story().fin_queued().eof().sample(M::at_eof, S::fin_wait_2).closed().own(S::time_wait).remote(), Side::server,
       by_fin, no_reset, TimeWait::server, seen},
  });
}

TEST_CASE("resets") {
  check({
      {"client resets",
       Story()
           .fact(fact::ReceiveFailed{ECONNRESET})
           .sample(M::at_error, S::closed)
           .closed()
           .own(S::closed)
           .peer(S::closed),
       Side::client, by_rst, ResetBy::client, TimeWait::none, seen},
      {"client resets, noticed by send()",
       Story()
           .fact(fact::SendFailed{ECONNRESET})
           .sample(M::at_error, S::closed)
           .closed()
           .own(S::closed)
           .peer(S::closed),
       Side::client, by_rst, ResetBy::client, TimeWait::none, seen},
      {"client resets, noticed by shutdown()",
       Story()
           .fact(fact::ShutdownFailed{ENOTCONN})
           .sample(M::after_fin, S::closed)
           .fact(fact::PendingError{ECONNRESET})
           .closed()
           .own(S::closed)
           .peer(S::closed),
       Side::client, by_rst, ResetBy::client, TimeWait::none, seen},
      {"an EOF after the error is no FIN",
       Story().fact(fact::PendingError{ECONNRESET}).eof().closed().own(S::closed).peer(S::closed), Side::client, by_rst,
       ResetBy::client, TimeWait::none, seen},
      {"client's FIN, then its RST; recv() says EOF",
       Story()
           .eof()
           .sample(M::at_eof, S::closed)
           .fact(fact::PendingError{EPIPE})
           .closed()
           .own(S::closed)
           .peer(S::closed),
       Side::client, by_fin, ResetBy::client, TimeWait::none, seen},
      {"client's FIN, then its RST; send() says EPIPE",
       Story().fact(fact::SendFailed{EPIPE}).sample(M::at_error, S::closed).closed().own(S::closed).peer(S::closed),
       Side::client, by_fin, ResetBy::client, TimeWait::none, seen},
      {"client resets while we drain",
       Story()
           .fin_left()
           .later(1ms)
           .fact(fact::ReceiveFailed{ECONNRESET})
           .sample(M::at_error, S::closed)
           .closed()
           .own(S::closed)
           .peer(S::closed),
       Side::server, by_fin, ResetBy::client, TimeWait::none, seen},
      {"client's FIN and RST while we drain: its FIN had not seen ours",
       Story()
           .fin_left()
           .eof()
           .sample(M::at_eof, S::closed, 0, 7)
           .fact(fact::PendingError{ECONNRESET})
           .closed()
           .own(S::closed)
           .peer(S::closed),
       Side::both, by_fin, ResetBy::client, TimeWait::none, seen},
      {"client's FIN before ours, its RST while shutdown() ran",
       Story()
           .before_fin(S::close_wait)
           .fin_and_over()
           .fact(fact::PendingError{ECONNRESET})
           .closed()
           .own(S::closed)
           .peer(S::closed),
       Side::client, by_fin, ResetBy::client, TimeWait::none, seen},
      {"client resets while shutdown() ran, and had sent no FIN",
       Story()
           .before_fin(S::established)
           .fin_and_over()
           .fact(fact::ReceiveFailed{ECONNRESET})
           .closed()
           .own(S::closed)
           .peer(S::closed),
       Side::server, by_fin, ResetBy::client, TimeWait::none, seen},
      {"client's FIN and RST before our queued FIN could leave",
       Story()
           .fin_queued()
           .eof()
           .sample(M::at_eof, S::closed, 1001)
           .fact(fact::PendingError{ECONNRESET})
           .closed()
           .own(S::closed)
           .peer(S::closed),
       Side::client, by_fin, ResetBy::client, TimeWait::none, seen},
      {"client resets before our queued FIN could leave",
       Story()
           .fin_queued()
           .fact(fact::ReceiveFailed{ECONNRESET})
           .sample(M::at_error, S::closed, 1001)
           .closed()
           .own(S::closed)
           .peer(S::closed),
       Side::client, by_rst, ResetBy::client, TimeWait::none, seen},
      {"client resets after our queued FIN had left: at what distance is not known",
       Story()
           .fin_queued()
           .fact(fact::ReceiveFailed{ECONNRESET})
           .sample(M::at_error, S::closed)
           .closed()
           .own(S::closed)
           .peer(S::closed),
       undetermined, by_unknown, ResetBy::client, TimeWait::none, seen},
      {"abortive", Story().frozen().sample(M::before_close, S::established).aborted().own(S::closed).peer(S::closed),
       Side::server, by_rst, ResetBy::server, TimeWait::none, seen},
      {"abortive after the client's FIN",
       Story().eof().frozen().sample(M::before_close, S::close_wait).aborted().own(S::closed).peer(S::closed),
       Side::client, by_fin, ResetBy::server, TimeWait::none, seen},
      {"abortive, and the client's unread FIN",
       Story().frozen().sample(M::before_close, S::close_wait).aborted().own(S::closed).peer(S::closed), Side::client,
       by_fin, ResetBy::server, TimeWait::none, seen},
      {"close() with unread bytes",
       Story().frozen().sample(M::before_close, S::established).closed(10).own(S::closed).peer(S::closed), Side::server,
       by_rst, ResetBy::server, TimeWait::none, seen},
      {"drain cut short by the byte bound",
       Story()
           .fin_left()
           .fact(fact::DrainBytesExceeded{})
           .sample(M::before_close, S::fin_wait_2)
           .closed(10)
           .own(S::closed)
           .peer(S::closed),
       Side::server, by_fin, ResetBy::server, TimeWait::none, seen},
      {"drain cut short with the client's FIN here already: close() resets nothing",
       Story()
           .fin_left()
           .fact(fact::DrainBytesExceeded{})
           .sample(M::before_close, S::closed)
           .closed(10)
           .own(S::time_wait)
           .peer(S::closed),
       Side::server, by_fin, no_reset, TimeWait::server, seen},
      {"aborted in CLOSING with nothing unsent: the kernel sends no RST",
       Story()
           .fin_left()
           .eof()
           .sample(M::at_eof, S::closing)
           .sample(M::before_close, S::closing)
           .aborted()
           .own(S::closed)
           .peer(S::time_wait),
       Side::both, by_fin, no_reset, TimeWait::client, seen},
      {"late data into our closed socket: both gone, and who reset was not seen",
       Story().fin_left().closed().own(S::fin_wait_1).peer(S::established).own(S::closed).peer(S::closed), Side::server,
       by_fin, reset_unknown, TimeWait::none, seen},
      {"destroyed on this machine (`ss -K`)",
       Story()
           .fact(fact::ReceiveFailed{ECONNABORTED})
           .sample(M::at_error, S::closed)
           .closed()
           .own(S::closed)
           .peer(S::closed),
       Side::server, by_rst, ResetBy::server, TimeWait::none, seen},
  });
}

TEST_CASE("closed right behind our FIN, and then an RST: the client's state in between decides") {
  const auto story = [](TcpState peer_before_close) {
    return Story()
        .before_fin(S::established)
        .fin_left()
        .peer(peer_before_close)
        .closed()
        .own(S::closed)
        .peer(S::closed);
  };
  check({
      {"it had our FIN", story(S::close_wait), Side::server, by_fin, reset_unknown, TimeWait::none, seen},
      {"it had answered", story(S::last_ack), Side::server, by_fin, reset_unknown, TimeWait::none, seen},
      {"its FIN may be on the way", story(S::established), undetermined, by_unknown, reset_unknown, TimeWait::none,
       seen},
      {"its FIN was out", story(S::fin_wait_1), undetermined, by_unknown, reset_unknown, TimeWait::none, seen},
  });
}

TEST_CASE("the kernel gives up") {
  for (const int error : {ETIMEDOUT, EHOSTUNREACH, ENETUNREACH}) {
    CAPTURE(error);
    check({
        {"before our FIN",
         Story().fact(fact::SendFailed{error}).sample(M::at_error, S::closed).closed().own(S::closed).remote(),
         Side::server, ClosedBy::timeout, reset_unknown, TimeWait::none, inferred},
        {"after our FIN",
         Story()
             .fin_left()
             .fact(fact::ReceiveFailed{error})
             .sample(M::at_error, S::closed)
             .closed()
             .own(S::closed)
             .remote(),
         Side::server, by_fin, reset_unknown, TimeWait::none, inferred},
        {"with our FIN still queued",
         Story()
             .fin_queued()
             .fact(fact::ReceiveFailed{error})
             .sample(M::at_error, S::closed, 1001)
             .closed()
             .own(S::closed)
             .remote(),
         Side::server, ClosedBy::timeout, reset_unknown, TimeWait::none, inferred},
    });
  }
}

TEST_CASE("ends that stay open") {
  check({
      {"the client keeps its end (ground truth 13)", Story().fin_left().closed().own(S::fin_wait_2).peer(S::close_wait),
       Side::server, by_fin, reset_unknown, TimeWait::unknown, inferred},
      {"... until our FIN_WAIT_2 has expired",
       Story().fin_left().closed().own(S::fin_wait_2).peer(S::close_wait).own(S::closed).peer(S::close_wait),
       Side::server, by_fin, no_reset, TimeWait::none, seen},
      {"we keep ours, and the client's FIN_WAIT_2 has expired (ground truth 14)",
       Story().eof().sample(M::at_eof, S::close_wait).closed().own(S::closed).peer(S::closed), Side::client, by_fin,
       reset_unknown, TimeWait::none, seen},
      {"both still on their way", Story().fin_left().closed().own(S::fin_wait_1).peer(S::fin_wait_1), undetermined,
       by_unknown, reset_unknown, TimeWait::unknown, inferred},
  });
}

TEST_CASE("a remote client: what can be known is, and no more") {
  check({
      {"client first",
       Story()
           .eof()
           .sample(M::at_eof, S::close_wait)
           .sample(M::before_close, S::close_wait)
           .closed()
           .own(S::closed)
           .remote(),
       Side::client, by_fin, reset_unknown, TimeWait::client, inferred},
      {"server first, FIN_WAIT_2 sampled",
       Story().fin_left().later(1ms).sample(M::at_eof, S::fin_wait_2).eof().closed().own(S::time_wait).remote(),
       Side::server, by_fin, no_reset, TimeWait::server, seen},
      {"server first, FIN_WAIT_2 looked up", Story().fin_left().closed().own(S::fin_wait_2).remote().own(S::time_wait),
       Side::server, by_fin, no_reset, TimeWait::server, inferred},
      {"server first: one segment brought the client's FIN and its ACK of ours",
       Story().fin_left().eof().sample(M::at_eof, S::closed, 0, 6).closed().own(S::time_wait).remote(), Side::server,
       by_fin, no_reset, TimeWait::server, seen},
      {"two segments: FIN and ACK may have crossed ours, and a late recv() proves nothing",
       Story().fin_left().later(1s).eof().sample(M::at_eof, S::closed, 0, 7).closed().own(S::time_wait).remote(),
       undetermined, by_unknown, no_reset, TimeWait::unknown, inferred},
      {"no FIN of the client's yet, but that is too soon to tell",
       Story().fin_left().later(200us).sample(M::before_close, S::fin_wait_1).closed().own(S::time_wait).remote(),
       undetermined, by_unknown, no_reset, TimeWait::unknown, inferred},
      {"closed at once: the client's FIN may have crossed ours", Story().fin_left().closed().own(S::time_wait).remote(),
       undetermined, by_unknown, no_reset, TimeWait::unknown, inferred},
      {"over when shutdown() returned: the same",
       Story().before_fin(S::established, 100).fin_and_over().closed().own(S::time_wait).remote(), undetermined,
       by_unknown, no_reset, TimeWait::unknown, inferred},
      {"over when shutdown() returned, without TIME_WAIT", Story().fin_and_over().closed().own(S::closed).remote(),
       undetermined, by_unknown, reset_unknown, TimeWait::unknown, inferred},
      {"FINs crossed", Story().fin_left().sample(M::at_eof, S::closing).eof().closed().own(S::time_wait).remote(),
       Side::both, by_fin, no_reset, TimeWait::both, inferred},
      {"reset while we drain: the RST may have crossed our FIN",
       Story().fin_left().fact(fact::ReceiveFailed{ECONNRESET}).closed().own(S::closed).remote(), undetermined,
       by_unknown, ResetBy::client, TimeWait::none, inferred},
      {"reset from FIN_WAIT_2",
       Story()
           .fin_left()
           .sample(M::at_eof, S::fin_wait_2)
           .fact(fact::ReceiveFailed{ECONNRESET})
           .closed()
           .own(S::closed)
           .remote(),
       Side::server, by_fin, ResetBy::client, TimeWait::none, inferred},
      {"abortive", Story().frozen().sample(M::before_close, S::established).aborted().own(S::closed).remote(),
       Side::server, by_rst, ResetBy::server, TimeWait::none, inferred},
      {"our FIN was queued: whose was first on the wire is not known",
       Story().fin_queued().eof().closed().own(S::time_wait).remote(), undetermined, by_unknown, no_reset,
       TimeWait::unknown, inferred},
  });
}

TEST_CASE("undetermined and unknown, because it was not seen") {
  check({
      {"nothing", Story(), undetermined, by_unknown, reset_unknown, TimeWait::unknown, inferred},
      {"accepted only", Story().fact(fact::Accepted{}), undetermined, by_unknown, reset_unknown, TimeWait::unknown,
       inferred},
      {"verdicts off, server first",
       Story().fin_left().eof().sample(M::at_eof, S::closed, 0, 6).closed().fact(fact::NotObserved{}), Side::server,
       by_fin, reset_unknown, TimeWait::unknown, inferred},
      {"verdicts off, closed at once", Story().fin_left().closed().fact(fact::NotObserved{}), undetermined, by_unknown,
       reset_unknown, TimeWait::unknown, inferred},
      {"verdicts off, client first", Story().eof().closed().fact(fact::NotObserved{}), Side::client, by_fin,
       reset_unknown, TimeWait::unknown, inferred},
      {"verdicts off, abortive: the RST is ours",
       Story().frozen().sample(M::before_close, S::established).aborted().fact(fact::NotObserved{}), Side::server,
       by_rst, ResetBy::server, TimeWait::unknown, inferred},
      {"lookup refused after everything was over", Story().fin_and_over().closed().fact(fact::NotObserved{EPERM}),
       undetermined, by_unknown, reset_unknown, TimeWait::unknown, inferred},
      {"lookup refused half way",
       Story().fin_left().closed().own(S::fin_wait_1).peer(S::close_wait).fact(fact::NotObserved{ENOBUFS}),
       Side::server, by_fin, reset_unknown, TimeWait::unknown, inferred},
      {"the client's FIN was under way when we reset",
       Story().fin_left().closed(1).own(S::closed).peer(S::fin_wait_1).own(S::closed).peer(S::closed), undetermined,
       by_unknown, ResetBy::server, TimeWait::none, seen},
      {"both in TIME_WAIT, but our FIN may have waited for the client's window",
       Story().before_fin(S::established, 70000).fin_and_over().closed().own(S::time_wait).peer(S::time_wait),
       undetermined, by_unknown, no_reset, TimeWait::both, seen},
      {"TIME_WAIT is ours, but more came while shutdown() ran than the ACK of our FIN and a FIN: perhaps an RST",
       Story()
           .before_fin(S::established, 100)
           .fin()
           .sample(M::after_fin, S::closed, 0, 8)
           .closed()
           .own(S::time_wait)
           .peer(S::closed),
       undetermined, by_unknown, reset_unknown, TimeWait::server, seen},
      {"TIME_WAIT of both, or of ours alone, ended by an RST",
       Story().fin_left().eof().sample(M::at_eof, S::closed, 0, 7).closed().own(S::closed).peer(S::closed),
       undetermined, by_unknown, reset_unknown, TimeWait::none, seen},
      {"all gone right behind our FIN: an RST, before or after a FIN of the client's",
       Story().fin_left().closed().own(S::closed).peer(S::closed), undetermined, by_unknown, reset_unknown,
       TimeWait::none, seen},
      {"the same in FIN_WAIT_1 at the first look",
       Story().fin_left().closed().own(S::fin_wait_1).peer(S::closed).own(S::closed).peer(S::closed), undetermined,
       by_unknown, reset_unknown, TimeWait::none, seen},
      {"tuple reused", Story().fin_and_over().closed().fact(fact::TupleReused{}, Source::sock_diag), undetermined,
       by_unknown, reset_unknown, TimeWait::unknown, inferred},
      {"tuple reused after a first look",
       Story().fin_left().closed().own(S::fin_wait_1).peer(S::established).fact(fact::TupleReused{}, Source::sock_diag),
       Side::server, by_fin, reset_unknown, TimeWait::unknown, inferred},
      {"our FIN was queued, then both in TIME_WAIT: crossed, or the client's left first",
       Story().fin_queued().eof().closed().own(S::time_wait).peer(S::time_wait), undetermined, by_unknown, no_reset,
       TimeWait::both, seen},
      {"CLOSING, but our FIN was queued before: which left first is not known",
       Story().fin_queued().eof().sample(M::at_eof, S::closing).closed().own(S::time_wait).peer(S::time_wait),
       undetermined, by_unknown, no_reset, TimeWait::both, seen},
      {"an RST of ours while the client's segments still came in",
       Story().sample(M::before_close, S::established).closed(10).own(S::closed).peer(S::closed), undetermined,
       by_unknown, ResetBy::server, TimeWait::none, seen},
      {"a reset that came while shutdown() ran: it may have left before our FIN",
       Story().fin_and_over().fact(fact::PendingError{ECONNRESET}).closed().own(S::closed).peer(S::closed),
       undetermined, by_unknown, ResetBy::client, TimeWait::none, seen},
      {"the client in TIME_WAIT, and ours gone although our FIN left in time",
       Story().fin_left().eof().closed().own(S::closed).peer(S::time_wait), undetermined, by_unknown, no_reset,
       TimeWait::client, seen},
  });
}

TEST_CASE("until when TIME_WAIT lasts comes from its holder's timer") {
  const std::chrono::steady_clock::time_point accepted{1000s};
  const auto until = [&](const Story& story) { return derive_verdict(story.evidence(), accepted).time_wait_until; };
  CHECK(until(Story().fin_left().closed().own(S::time_wait, 60s).peer(S::closed)) == accepted + 60s + 4us);
  CHECK(until(Story().eof().closed().own(S::closed).peer(S::time_wait, 59s)) == accepted + 59s + 4us);
  // FIN_WAIT_2's timer, or that of a TIME_WAIT which is not ours any more, says nothing about TIME_WAIT.
  CHECK_FALSE(until(Story().fin_left().closed().own(S::fin_wait_2, 60s).peer(S::close_wait)).has_value());
  CHECK_FALSE(until(Story().fin_left().closed().own(S::closed).peer(S::closed)).has_value());
  CHECK_FALSE(until(Story().fin_left().closed().fact(fact::TupleReused{})).has_value());
}

}  // namespace
}  // namespace closelab::net
