// What is not known says why, one reason for each situation; docs/outcomes.md has the list.

#include <fstream>
#include <sstream>
#include <string>

#include "tests/net/verdict/rows.h"
#include "tests/where.h"

namespace closelab::net {
namespace {

using Why = UnknownBecause;

struct Unknown {
  const char* name;
  Story story;
  /// Of who closed first, and of TIME_WAIT; none: it is known.
  Why undetermined;
  Why time_wait;
};

void check_reasons(const std::vector<Unknown>& rows) {
  for (const Unknown& row : rows) {
    const Verdict verdict = derive_verdict(row.story.evidence());
    CAPTURE(row.name);
    CHECK(verdict.undetermined_because == row.undetermined);
    CHECK((verdict.closed_first == Side::undetermined) == (row.undetermined != Why::none));
    CHECK(verdict.time_wait_unknown_because == row.time_wait);
    CHECK((verdict.time_wait == TimeWait::unknown) == (row.time_wait != Why::none));
  }
}

Story skip_lookups(Story story, int error = 0) { return story.fact(fact::NotObserved{error}, Source::inferred); }

/// A segment that acknowledges all that was sent before the other's end.
Evidence rst_of(Sender from, std::uint32_t sequence) {
  return {.source = Source::capture,
          .fact = fact::Segment{.from = from, .rst = true, .ack = true, .sequence = sequence, .acknowledgement = 100}};
}

TEST_CASE("what has not ended is not known yet, but for what is") {
  check_reasons({
      {"nothing has happened", Story(), Why::open, Why::open},
      {"our FIN has just left", Story().fin_left(), Why::open, Why::open},
      {"our FIN has left, and was acknowledged", Story().fin_left().own(S::fin_wait_2).peer(S::close_wait), Why::none,
       Why::open},
      {"the client's FIN is here", Story().sample(M::while_waiting, S::close_wait), Why::none, Why::open},
  });
}

TEST_CASE("FINs that may have crossed") {
  check_reasons({
      {"of a remote client both had come", Story().fin_left().eof().closed().own(S::time_wait).remote(),
       Why::fins_may_have_crossed, Why::client_is_remote},
      {"of a local client both had come", Story().fin_left().eof().closed().own(S::closed).peer(S::closed),
       Why::fins_may_have_crossed, Why::none},
      {"lookups were off", skip_lookups(Story().fin_left().eof().closed()), Why::not_looked_up, Why::not_looked_up},
      {"lookups failed", skip_lookups(Story().fin_left().eof().closed(), EPERM), Why::lookup_failed,
       Why::lookup_failed},
      {"a newer connection had the tuple", Story().fin_left().eof().closed().fact(fact::TupleReused{}),
       Why::tuple_reused, Why::tuple_reused},
      {"the witness had missed packets",
       Story().fin_left().eof().closed().own(S::time_wait).remote().fact(fact::CaptureIncomplete{7}, Source::capture),
       Why::packets_missed, Why::client_is_remote},
      {"the server stopped before the end", Story().fin_left().closed().own(S::fin_wait_2).peer(S::close_wait),
       Why::none, Why::not_awaited},
  });
}

TEST_CASE("our FIN waited behind data") {
  check_reasons({
      {"a remote client closed meanwhile", Story().fin_queued().eof().closed().own(S::time_wait).remote(),
       Why::fin_was_queued, Why::client_is_remote},
      {"no lookup would have told", skip_lookups(Story().fin_queued().eof().closed()), Why::fin_was_queued,
       Why::not_looked_up},
  });
}

TEST_CASE("our RST and a FIN or RST of the client's") {
  check_reasons({
      {"the kernel dropped one for us",
       Story()
           .frozen()
           .sample(M::before_close, S::established)
           .fact(fact::Aborted{.missed = 1})
           .own(S::closed)
           .peer(S::closed),
       Why::abort_raced, Why::none},
      {"nothing stopped one from coming",
       Story().sample(M::before_close, S::established).aborted().own(S::closed).peer(S::closed), Why::abort_raced,
       Why::none},
      {"closed right after our FIN, and both ends are gone", Story().fin_left().closed().own(S::closed).peer(S::closed),
       Why::ended_behind_close, Why::none},
  });
}

TEST_CASE("RSTs that crossed on the wire") {
  std::vector<Evidence> evidence =
      Story().sample(M::before_close, S::established).aborted().own(S::closed).peer(S::closed).evidence();
  evidence.push_back(rst_of(Sender::server, 500));
  evidence.push_back(rst_of(Sender::client, 900));
  const Verdict verdict = derive_verdict(evidence);
  CHECK(verdict.closed_first == Side::undetermined);
  CHECK(verdict.undetermined_because == Why::ends_crossed);
}

TEST_CASE("docs/outcomes.md says what each reason means, in the words of the verdict") {
  std::ifstream file(CLOSELAB_SOURCE_DIR "/docs/outcomes.md");
  std::stringstream page;
  page << file.rdbuf();
  const std::string text = page.str();
  for (int i = 1; i <= static_cast<int>(Why::not_awaited); ++i) {
    const auto why = static_cast<Why>(i);
    const std::string row = "| `" + std::string(to_string(why)) + "` | " + std::string(describe(why)) + " |";
    CAPTURE(row);
    CHECK(text.find(row) != std::string::npos);
  }
}

}  // namespace
}  // namespace closelab::net
