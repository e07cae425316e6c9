#include "tests/net/verdict/rows.h"

namespace closelab::net {
namespace {

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
           .fact(fact::Aborted{.silent = true})
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

TEST_CASE("closed right after our FIN, and then an RST: the client's state in between decides") {
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
