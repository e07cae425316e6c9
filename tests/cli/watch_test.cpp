#include <doctest/doctest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <regex>
#include <sstream>
#include <thread>

#include "tests/cli/terminal.h"
#include "tests/support/program.h"
#include "tests/support/skip.h"
#include "tests/where.h"

namespace closelab::cli {
namespace {

using nlohmann::json;

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

json watch(std::vector<std::string> flags) {
  flags.insert(flags.begin(), {"watch", "--once", "--format=json"});
  const Finished finished = closelab(flags);
  CAPTURE(finished.err);
  REQUIRE(finished.exit_code == 0);
  return json::parse(finished.out);
}

std::string port_of(const Lab& lab) { return std::to_string(lab.port()); }

/// How many sockets ss shows in TIME_WAIT with the port at either end.
std::size_t ss_time_waits(const std::string& port) {
  const Finished finished =
      run({"ss", "-tanH", "state", "time-wait", "( sport = :" + port + " or dport = :" + port + " )"});
  REQUIRE(finished.exit_code == 0);
  std::istringstream lines(finished.out);
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line);) ++count;
  return count;
}

/// The socket with these ends, null when there is none. Other TIME_WAITs may have the lab's port at their far end, from
/// a client that used it before.
json socket_of(const json& table, const std::string& local, const std::string& remote) {
  for (const json& socket : table["sockets"])
    if (socket["local"] == local && socket["remote"] == remote) return socket;
  return nullptr;
}

void check_time_wait(const json& socket, const char* proto, const char* held_by) {
  CAPTURE(socket.dump(1));
  REQUIRE(socket.is_object());
  CHECK(socket["proto"] == proto);
  CHECK(socket["state"] == "TIME_WAIT");
  CHECK(socket["time_wait"] == held_by);
  CHECK(socket["timer"] == "time_wait");
  CHECK(socket["timer_left_ms"] > 0);
  CHECK(socket["timer_left_ms"] <= 60'000);
}

/// Has a request answered on a connection that the server then closes; returns the client's end of it.
std::string close_first(Lab& lab, const std::string& host = "127.0.0.1") {
  CHECK(curl({"-H", "Connection: close", "http://" + host + ":" + port_of(lab) + "/"}).exit_code == 0);
  return lab.settled()["client"];
}

TEST_CASE("watch shows the TIME_WAIT of the side that closed first") {
  Lab lab;
  const std::string server = "127.0.0.1:" + port_of(lab);
  const std::string of_server = close_first(lab);
  curl({lab.url()});
  const std::string of_client = lab.settled()["client"];
  const json table = watch({"--port", port_of(lab)});
  check_time_wait(socket_of(table, server, of_server), "tcp", "server");
  CHECK(socket_of(table, of_server, server).is_null());
  check_time_wait(socket_of(table, of_client, server), "tcp", "client");
  CHECK(socket_of(table, server, of_client).is_null());
}

TEST_CASE("watch sees IPv6, and IPv4 on a dual-stack server, and filters by peer") {
  struct Row {
    const char* listen;
    const char* host;
    const char* peer;
    const char* other_peer;
  };
  constexpr Row rows[] = {{"::1", "[::1]", "::1", "127.0.0.1"},
                          {"::", "127.0.0.1", "127.0.0.1", "::1"},
                          {"::", "127.0.0.1", "127.0.0.0/8", "128.0.0.0/8"}};
  if (!closelab::test::has_ipv6()) return;
  for (const Row& row : rows) {
    CAPTURE(std::string(row.listen));
    Lab lab({"--address", row.listen});
    const std::string client = close_first(lab, row.host);
    const std::string server = std::string(row.host) + ":" + port_of(lab);
    const json table = watch({"--port", port_of(lab), "--peer", row.peer});
    check_time_wait(socket_of(table, server, client), "tcp6", "server");
    CHECK(socket_of(watch({"--port", port_of(lab), "--peer", row.other_peer}), server, client).is_null());
  }
}

TEST_CASE("watch counts what ss counts") {
  Lab lab;
  for (int i = 0; i < 5; ++i) close_first(lab);
  const RawClient open(lab.port());
  open.send("GET / HTTP/1.1\r\nHost: lab\r\n\r\n");
  open.read_until("Try next");
  const json table = watch({"--port", port_of(lab)});
  CAPTURE(table.dump(1));
  const std::size_t time_waits = ss_time_waits(port_of(lab));
  CHECK(time_waits > 0);
  CHECK(table["states"] == json({{"ESTABLISHED", 2}, {"TIME_WAIT", time_waits}}));
  CHECK(table["sockets"].size() == time_waits);
  CHECK(watch({"--port", port_of(lab), "--state", "ESTAB"})["sockets"].size() == 2);
  CHECK(watch({"--port", port_of(lab), "--state", "listen"})["states"] == json({{"LISTEN", 1}}));
}

TEST_CASE("watch as text: the counts, and netstat's columns") {
  Lab lab;
  const std::string client = close_first(lab);
  const std::string text = closelab({"watch", "--once", "--port", port_of(lab)}).out;
  CAPTURE(text);
  const auto matches = [&](const std::string& line) { return std::regex_search(text, std::regex("\n" + line + "\n")); };
  CHECK(contains(text.substr(0, text.find('\n')), ", port " + port_of(lab)));
  CHECK(matches("TIME_WAIT +[0-9]+"));
  CHECK(matches("Proto Recv-Q Send-Q Local Address +Foreign Address +State +Time left Held by"));
  CHECK(matches("tcp +0 +0 127.0.0.1:" + port_of(lab) + " +" + client + " +TIME_WAIT +[0-9.]+ s server"));
  CHECK_FALSE(contains(text, "\x1b"));
}

TEST_CASE("watch goes on until it is told to stop") {
  Lab lab;
  Program program({CLOSELAB_PROGRAM, "watch", "--interval=100ms", "--format=json", "--port", port_of(lab)});
  CHECK(json::parse(program.line()).contains("states"));
  const std::string client = close_first(lab);
  while (socket_of(json::parse(program.line()), "127.0.0.1:" + port_of(lab), client).is_null()) {
  }
  program.signal(SIGTERM);
  CHECK(program.finished().exit_code == 128 + SIGTERM);
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST_CASE("watch on a terminal: in place, cut to the window, and what does not fit is counted") {
  Lab lab;
  for (int i = 0; i < 12; ++i) close_first(lab);
  Terminal terminal({CLOSELAB_PROGRAM, "watch", "--interval=100ms", "--port", port_of(lab)}, 12, 60);
  const std::string& text = terminal.read_until([](const std::string& t) { return count(t, "\x1b[J") >= 2; });
  const std::size_t first_end = text.find("\x1b[J");
  const std::string first = text.substr(0, first_end);
  CAPTURE(text);
  CHECK_FALSE(contains(first, "\x1b[H"));
  CHECK(contains(first, "... and "));
  const std::size_t rows = count(first, "\n");
  CHECK(rows <= 11);
  CHECK(text.substr(first_end + 3).starts_with("\r\x1b[" + std::to_string(rows) + "A"));
  std::istringstream lines(first);
  for (std::string line; std::getline(lines, line);) CHECK(line.find("\x1b[K") <= 59);

  terminal.resize(20, 100);
  terminal.read_until([](const std::string& t) { return contains(t, "\x1b[H\x1b[2J"); });
}

TEST_CASE("watch on a terminal ends when q is pressed, which is not shown") {
  Terminal terminal({CLOSELAB_PROGRAM, "watch", "--interval=1h"}, 12, 60);
  terminal.read_until([](const std::string& t) { return contains(t, "\x1b[J"); });
  terminal.press("q");
  CHECK_FALSE(contains(terminal.read_to_end(), "q"));
}

/// Denies this thread, and what it starts, sockets of family AF_NETLINK, as a sandbox may.
void deny_netlink() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPROTONOSUPPORT),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{.len = std::size(program), .filter = program};
  CHECK(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  CHECK(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0);
}

TEST_CASE("watch says so when the kernel can't be asked") {
  Finished finished;
  std::thread([&] {
    deny_netlink();
    finished = closelab({"watch", "--once"});
  }).join();
  CHECK(finished.exit_code == 1);
  CHECK(finished.out == "");
  CHECK(contains(finished.err, "table of TCP sockets can't be read: Protocol not supported; it takes netlink"));
}

TEST_CASE("a command line that watch can't understand is exit code 2") {
  const Finished finished = closelab({"watch", "--state", "TIM_WAIT"});
  CHECK(finished.exit_code == 2);
  CHECK(contains(finished.err, "did you mean TIME_WAIT? the states are LISTEN, SYN_SENT"));
}

}  // namespace
}  // namespace closelab::cli
