#include <doctest/doctest.h>

#include <cerrno>
#include <set>
#include <sstream>
#include <string>
#include <variant>

#include "closelab/close_mode.h"
#include "closelab/evidence.h"
#include "closelab/tcp_state.h"
#include "closelab/verdict.h"
#include "tests/support/facts.h"

namespace closelab {
namespace {

using namespace std::chrono_literals;

TEST_CASE("tcp states: every spelling reads back, in either case") {
  struct Row {
    TcpState state;
    int kernel;
    const char* rfc;
    const char* ss;
    const char* netstat;
  };
  // The numbers are include/net/tcp_states.h's.
  constexpr Row rows[] = {
      {TcpState::established, 1, "ESTABLISHED", "ESTAB", "established"},
      {TcpState::syn_sent, 2, "SYN_SENT", "SYN-SENT", "syn_sent"},
      {TcpState::syn_received, 3, "SYN_RECEIVED", "SYN-RECV", "SYN_RECV"},
      {TcpState::fin_wait_1, 4, "FIN_WAIT_1", "FIN-WAIT-1", "FIN_WAIT1"},
      {TcpState::fin_wait_2, 5, "FIN_WAIT_2", "fin-wait-2", "FIN_WAIT2"},
      {TcpState::time_wait, 6, "TIME_WAIT", "TIME-WAIT", "Time_Wait"},
      {TcpState::closed, 7, "CLOSED", "UNCONN", "CLOSE"},
      {TcpState::close_wait, 8, "CLOSE_WAIT", "CLOSE-WAIT", "close_wait"},
      {TcpState::last_ack, 9, "LAST_ACK", "LAST-ACK", "last_ack"},
      {TcpState::listen, 10, "LISTEN", "LISTEN", "listen"},
      {TcpState::closing, 11, "CLOSING", "CLOSING", "closing"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.rfc);
    CHECK(to_string(row.state) == row.rfc);
    CHECK(parse_tcp_state(row.rfc) == row.state);
    CHECK(parse_tcp_state(row.ss) == row.state);
    CHECK(parse_tcp_state(row.netstat) == row.state);
    CHECK(tcp_state_from_kernel(static_cast<std::uint8_t>(row.kernel)) == row.state);
  }
}

TEST_CASE("tcp states: what is no state is not read as one") {
  for (const char* text : {"", "unknown", "TIME", "TIME_WAIT ", "TIME WAIT", "FIN_WAIT", "6"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_tcp_state(text).has_value());
  }
  CHECK(tcp_state_from_kernel(0) == TcpState::unknown);
  CHECK(tcp_state_from_kernel(12) == TcpState::unknown);  // TCP_NEW_SYN_RECV, which sock_diag shows as SYN_RECV
  CHECK(tcp_state_from_kernel(255) == TcpState::unknown);
  CHECK(to_string(TcpState::unknown) == "unknown");
}

TEST_CASE("close modes read back, and the list names each") {
  std::string list;
  for (const CloseMode mode : {CloseMode::lingering, CloseMode::immediate, CloseMode::abortive, CloseMode::delayed,
                               CloseMode::half, CloseMode::deferred, CloseMode::never}) {
    CHECK(parse_close_mode(to_string(mode)) == mode);
    list += (list.empty() ? "" : ", ") + std::string(to_string(mode));
  }
  CHECK(close_mode_names() == list);
  for (const char* text : {"", "Lingering", "linger", "abortive ", "lingering, immediate, abortive"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_close_mode(text).has_value());
  }
}

/// Checks that the enumerators 0..last have names, all different, and that `last` is spelt `last_name`.
template <class Enum>
void check_names(Enum last, std::string_view last_name) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(last); ++i) {
    const std::string_view name = to_string(static_cast<Enum>(i));
    CHECK_FALSE(name.empty());
    names.insert(name);
  }
  CHECK(names.size() == static_cast<std::size_t>(last) + 1);
  CHECK(to_string(last) == last_name);
}

TEST_CASE("every enumerator of evidence and verdict has its own name") {
  check_names(Source::inferred, "inferred");
  check_names(Sender::client, "client");
  check_names(SampleMoment::while_waiting, "while_waiting");
  check_names(Side::both, "both");
  check_names(ClosedBy::timeout, "timeout");
  check_names(ResetBy::client, "client");
  check_names(TimeWait::both, "both");
  check_names(UnknownBecause::not_awaited, "not_awaited");
  check_names(FinSentBy::both, "both");
}

TEST_CASE("every fact is described") {
  std::set<std::string> texts;
  std::set<std::string> names;
  for (const Fact& fact : test::every_fact()) {
    CAPTURE(to_string(fact));
    CHECK_FALSE(describe(fact).empty());
    texts.insert(describe(fact));
    names.emplace(to_string(fact));
  }
  CHECK(texts.size() == std::variant_size_v<Fact>);
  CHECK(names.size() == std::variant_size_v<Fact>);
}

TEST_CASE("descriptions say what the fact means") {
  struct Row {
    Fact fact;
    const char* text;
  };
  using Part = fact::RequestUnfinished::Part;
  const Row rows[] = {
      {fact::ReceivedFin{}, "recv() returned 0: the client's FIN"},
      {fact::ReceiveFailed{ECONNRESET}, "recv() failed: ECONNRESET, the client's RST"},
      {fact::SendFailed{EPIPE}, "send() failed: EPIPE, the client's RST after its FIN"},
      {fact::ReceiveFailed{ETIMEDOUT}, "recv() failed: ETIMEDOUT, the kernel gave the connection up"},
      {fact::ReceiveFailed{ECONNABORTED},
       "recv() failed: ECONNABORTED, the socket was destroyed on this machine (`ss -K`)"},
      {fact::ReceiveFailed{4095}, "recv() failed: errno 4095"},
      {fact::PendingError{EPIPE}, "SO_ERROR is EPIPE, the client's RST after its FIN"},
      {fact::PendingError{ETIMEDOUT}, "SO_ERROR is ETIMEDOUT, the kernel gave the connection up"},
      {fact::Sampled{
           .moment = SampleMoment::after_fin, .state = TcpState::fin_wait_1, .unread = 1, .unacked = 20, .unsent = 3},
       "own state after our FIN: FIN_WAIT_1, 1 byte unread, our FIN and 19 bytes unacked, 3 bytes not sent yet"},
      {fact::DrainTimeExceeded{2000ms}, "the drain's time bound was reached after 2000 ms"},
      {fact::DrainBytesExceeded{65537}, "the drain's byte bound was reached after 65537 bytes"},
      {fact::RequestUnfinished{Part::body, 1},
       "1 byte of the request body had not been read; what comes after close() is answered by RST"},
      {fact::RequestUnfinished{Part::body},
       "the rest of the request body had not been read; what comes after close() is answered by RST"},
      {fact::RequestUnfinished{Part::head},
       "the rest of the request head had not been read; what comes after close() is answered by RST"},
      {fact::RequestUnfinished{Part::unknown},
       "what may follow the malformed request had not been read; what comes after close() is answered by RST"},
      {fact::Closed{0}, "close()"},
      {fact::Closed{7}, "close() with 7 bytes unread: the kernel sends RST"},
      {fact::Closed{0, 43ms}, "close(), which blocked for 43 ms (SO_LINGER)"},
      {fact::OwnSocket{TcpState::time_wait, 59'800ms}, "our end is in TIME_WAIT, 59800 ms left"},
      {fact::OwnSocket{TcpState::fin_wait_2, 200ms}, "our end is in FIN_WAIT_2"},
      {fact::PeerSocket{TcpState::closed}, "the kernel holds no socket for the client's end"},
      {fact::NotObserved{}, "sock_diag was not asked"},
      {fact::NotObserved{EPERM}, "sock_diag could not be asked: EPERM"},
  };
  for (const Row& row : rows) CHECK(describe(row.fact) == row.text);
}

TEST_CASE("a verdict reads as one sentence") {
  struct Row {
    Verdict verdict;
    const char* text;
  };
  const Row rows[] = {
      {{},
       "who closed first is undetermined: the connection has not ended yet; TIME_WAIT: unknown (the connection has not "
       "ended yet)"},
      {{.closed_first = Side::client,
        .closed_by = ClosedBy::fin,
        .time_wait_unknown_because = UnknownBecause::client_is_remote},
       "the client closed first, by FIN; TIME_WAIT: unknown (the client's end is on another machine)"},
      {{Side::server, ClosedBy::fin, ResetBy::none, TimeWait::server, Source::sock_diag},
       "the server closed first, by FIN; TIME_WAIT: server"},
      {{Side::client, ClosedBy::fin, ResetBy::none, TimeWait::client, Source::inferred},
       "the client closed first, by FIN; TIME_WAIT: client (inferred)"},
      {{Side::both, ClosedBy::fin, ResetBy::none, TimeWait::both, Source::sock_diag},
       "both closed at once: their FINs crossed; TIME_WAIT: both"},
      {{Side::server, ClosedBy::rst, ResetBy::server, TimeWait::none, Source::sock_diag},
       "the server closed first, by RST; TIME_WAIT: none"},
      {{Side::server, ClosedBy::fin, ResetBy::server, TimeWait::none, Source::sock_diag},
       "the server closed first, by FIN; then the server's RST; TIME_WAIT: none"},
      {{Side::client, ClosedBy::fin, ResetBy::client, TimeWait::none, Source::sock_diag},
       "the client closed first, by FIN; then the client's RST; TIME_WAIT: none"},
      {{Side::server, ClosedBy::timeout, ResetBy::undetermined, TimeWait::none, Source::sock_diag},
       "the server closed first, by a timeout of the kernel; TIME_WAIT: none"},
      {{.closed_first = Side::server, .closed_by = ClosedBy::rst, .bytes_at_risk = 7},
       "the server closed first, by RST; up to 7 bytes of the response may be lost; TIME_WAIT: unknown (the connection "
       "has "
       "not ended yet)"},
  };
  for (const Row& row : rows) {
    CHECK(describe(row.verdict) == row.text);
    std::ostringstream out;
    out << row.verdict;
    CHECK(out.str() == row.text);
  }
}

TEST_CASE("what is left of TIME_WAIT counts down to zero and not below") {
  const std::chrono::steady_clock::time_point start{100s};
  Verdict verdict;
  CHECK_FALSE(verdict.time_wait_remaining(start).has_value());
  verdict.time_wait_until = start + 60s;
  CHECK(verdict.time_wait_remaining(start) == 60s);
  CHECK(verdict.time_wait_remaining(start + 59'999'500us) == 1ms);
  CHECK(verdict.time_wait_remaining(start + 61s) == 0ms);
}

}  // namespace
}  // namespace closelab
