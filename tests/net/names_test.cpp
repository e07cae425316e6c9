#include <doctest/doctest.h>

#include <cerrno>
#include <set>
#include <sstream>
#include <string>

#include "closelab/close_mode.h"
#include "closelab/evidence.h"
#include "closelab/tcp_state.h"
#include "closelab/verdict.h"

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
  check_names(Fact::not_observed, "not_observed");
  check_names(SampleMoment::while_waiting, "while_waiting");
  check_names(Side::both, "both");
  check_names(ClosedBy::timeout, "timeout");
  check_names(ResetBy::client, "client");
  check_names(TimeWait::both, "both");
}

TEST_CASE("every fact is described") {
  std::set<std::string> texts;
  for (int i = 0; i <= static_cast<int>(Fact::not_observed); ++i) {
    const std::string text = describe(Evidence{.fact = static_cast<Fact>(i), .error = ECONNRESET});
    CAPTURE(i);
    CHECK_FALSE(text.empty());
    texts.insert(text);
  }
  CHECK(texts.size() == static_cast<std::size_t>(Fact::not_observed) + 1);
}

Evidence fact(Fact what) { return Evidence{.fact = what}; }

Evidence failure(Fact what, int error) { return Evidence{.fact = what, .error = error}; }

Evidence bytes(Fact what, std::uint32_t unread, std::chrono::milliseconds duration = 0ms) {
  return Evidence{.fact = what, .unread = unread, .duration = duration};
}

Evidence socket(Fact what, TcpState state, std::chrono::milliseconds timer = 0ms) {
  return Evidence{.source = Source::sock_diag, .fact = what, .state = state, .duration = timer};
}

TEST_CASE("descriptions say what the fact means") {
  struct Row {
    Evidence evidence;
    const char* text;
  };
  const Row rows[] = {
      {fact(Fact::received_fin), "recv() returned 0: the client's FIN"},
      {failure(Fact::receive_failed, ECONNRESET), "recv() failed: ECONNRESET, the client's RST"},
      {failure(Fact::send_failed, EPIPE), "send() failed: EPIPE, the client's RST after its FIN"},
      {failure(Fact::receive_failed, ETIMEDOUT), "recv() failed: ETIMEDOUT, the kernel gave the connection up"},
      {failure(Fact::receive_failed, ECONNABORTED),
       "recv() failed: ECONNABORTED, the socket was destroyed on this machine (`ss -K`)"},
      {failure(Fact::receive_failed, 4095), "recv() failed: errno 4095"},
      {failure(Fact::pending_error, EPIPE), "SO_ERROR is EPIPE, the client's RST after its FIN"},
      {failure(Fact::pending_error, ETIMEDOUT), "SO_ERROR is ETIMEDOUT, the kernel gave the connection up"},
      {Evidence{.fact = Fact::sampled,
                .moment = SampleMoment::after_fin,
                .state = TcpState::fin_wait_1,
                .unread = 1,
                .unacked = 20,
                .unsent = 3},
       "own state after our FIN: FIN_WAIT_1, 1 byte unread, our FIN and 19 bytes unacked, 3 bytes not sent yet"},
      {bytes(Fact::drain_time_exceeded, 0, 2000ms), "the drain's time bound was reached after 2000 ms"},
      {bytes(Fact::drain_bytes_exceeded, 65537), "the drain's byte bound was reached after 65537 bytes"},
      {bytes(Fact::request_unfinished, 1),
       "1 byte of the request body had not been read; what comes after close() is answered by RST"},
      {bytes(Fact::request_unfinished, 0),
       "the rest of the request body had not been read; what comes after close() is answered by RST"},
      {bytes(Fact::closed, 0), "close()"},
      {bytes(Fact::closed, 7), "close() with 7 bytes unread: the kernel sends RST"},
      {bytes(Fact::closed, 0, 43ms), "close(), which blocked for 43 ms (SO_LINGER)"},
      {socket(Fact::own_socket, TcpState::time_wait, 59'800ms), "our end is in TIME_WAIT, 59800 ms left"},
      {socket(Fact::own_socket, TcpState::fin_wait_2, 200ms), "our end is in FIN_WAIT_2"},
      {socket(Fact::peer_socket, TcpState::closed), "the kernel holds no socket for the client's end"},
      {fact(Fact::not_observed), "sock_diag was not asked"},
      {failure(Fact::not_observed, EPERM), "sock_diag could not be asked: EPERM"},
  };
  for (const Row& row : rows) CHECK(describe(row.evidence) == row.text);
}

TEST_CASE("a verdict reads as one sentence") {
  struct Row {
    Verdict verdict;
    const char* text;
  };
  const Row rows[] = {
      {{}, "who closed first is undetermined; TIME_WAIT: unknown"},
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
       "the server closed first, by RST; up to 7 bytes of the response may be lost; TIME_WAIT: unknown"},
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
