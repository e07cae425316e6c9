// Verdicts on what can be seen in part only: clients on other machines, and lookups that were not made.

#include "tests/net/verdict/rows.h"

namespace closelab::net {
namespace {

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
      {"all gone right after our FIN: an RST, before or after a FIN of the client's",
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

}  // namespace
}  // namespace closelab::net
