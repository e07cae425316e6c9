// The program itself: its flags, conf files, output, signals and exit codes.

#include "tests/support/program.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/where.h"

namespace closelab::cli {
namespace {

using nlohmann::json;

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// A conf file that exists for one test.
class ConfFile {
 public:
  explicit ConfFile(const std::string& text) {
    const int fd = ::mkstemp(path_.data());
    REQUIRE(fd >= 0);
    ::close(fd);
    std::ofstream(path_) << text;
  }
  ~ConfFile() { std::remove(path_.c_str()); }
  ConfFile(const ConfFile&) = delete;
  ConfFile& operator=(const ConfFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_ = (std::filesystem::temp_directory_path() / "closelab_XXXXXX").string();
};

TEST_CASE("help and version are printed and end well") {
  CHECK(contains(closelab({"--help"}).out, "SYNOPSIS"));
  CHECK(contains(closelab({"serve", "--help"}).out, "--idle-timeout DURATION"));
  CHECK(closelab({"--version"}).out.starts_with("closelab "));
  CHECK(closelab({"--version"}).exit_code == 0);
}

TEST_CASE("what can't be written ends with 1") {
  for (const std::string arguments : {"--help", "--version", "serve --port 0 --print-conf", "watch --once"}) {
    const Finished full = run({"sh", "-c", "\"$0\" " + arguments + " >/dev/full", CLOSELAB_PROGRAM});
    CAPTURE(arguments);
    CHECK(full.exit_code == 1);
    CHECK(contains(full.err, "No space left on device"));
  }
}

TEST_CASE("what can't be understood ends with 2 and says what was meant") {
  const ConfFile conf("port = 0\nidle_timout = \"5s\"\n");
  struct Case {
    std::vector<std::string> arguments;
    std::string error;
  };
  const Case cases[] = {
      {{}, "no command is given"},
      {{"serve", "--idle-timout", "2s"}, "did you mean \"--idle-timeout\"?"},
      {{"serve", "--idle-timeout", "2"}, "\"2\" has no unit"},
      {{"serve", "--port", "0", "--address", "localhost"}, "localhost"},
      {{"serve", "--conf", conf.path()},
       conf.path() + ":2:1: unknown key \"idle_timout\"; did you mean \"idle_timeout\"?"},
  };
  for (const Case& c : cases) {
    const Finished finished = closelab(c.arguments);
    CAPTURE(c.error);
    CAPTURE(finished.err);
    CHECK(finished.exit_code == 2);
    CHECK(finished.out.empty());
    CHECK(finished.err.starts_with("closelab: error: "));
    CHECK(contains(finished.err, c.error));
  }
}

TEST_CASE("of several conf files the later wins, and their rules add up") {
  const ConfFile one("port = 0\nidle_timeout = \"3s\"\n[[rule]]\nstall = true\n");
  const ConfFile other("idle_timeout = \"4s\"\n[[rule]]\nstall = true\npath = \"/x\"\n");
  const Finished both = closelab({"serve", "--conf", one.path(), "--conf", other.path(), "--print-conf"});
  CHECK(both.exit_code == 0);
  CHECK(contains(both.out, "\nidle_timeout = \"4s\"\n"));
  CHECK(contains(both.out, "\nport = 0\n"));
  CHECK(contains(both.out, "\n[[rule]]\nat = \"before_response\"\nstall = true\n\n[[rule]]\npath = \"/x\""));
}

TEST_CASE("what is said of a former name goes to stderr, and the program does what it was told") {
  const Finished former = closelab({"serve", "--no-verdicts", "--print-conf"});
  CHECK(former.exit_code == 0);
  CHECK(contains(former.out, "\nlookups = false\n"));
  CHECK(former.err == "closelab: note: --verdicts is called --lookups now; the old name goes with the next version\n");
}

TEST_CASE("--print-conf prints what --conf reads, and what the kernel reports") {
  const Finished first = closelab({"serve", "--print-conf", "--port", "1234", "--no-reuse-address", "--linger", "3s"});
  CHECK(first.exit_code == 0);
  CHECK(contains(first.out, "\nport = 1234\n"));
  CHECK(contains(first.out, "\nreuse_address = false\n"));
  CHECK(contains(first.out, "\nlinger = \"3s\"\n"));
  CHECK(contains(first.out, "as the kernel reports them"));
  CHECK(contains(first.out, "\n# SO_REUSEADDR"));

  const ConfFile conf(first.out);
  CHECK(closelab({"serve", "--conf", conf.path(), "--print-conf"}).out == first.out);
  CHECK(contains(closelab({"serve", "--conf", conf.path(), "--port=1", "--print-conf"}).out, "\nport = 1\n"));
}

TEST_CASE("a port in use ends with 1 and says who has it") {
  Lab lab;
  const Finished second = closelab({"serve", "--port", std::to_string(lab.port())});
  CAPTURE(second.err);
  CHECK(second.exit_code == 1);
  CHECK(second.err.starts_with("closelab: error: "));
  CHECK(contains(second.err, std::to_string(lab.port())));
}

TEST_CASE("an admin port in use ends with 1 and says that it is the admin port's") {
  Lab lab;
  const Finished second = closelab({"serve", "--port", "0", "--admin-port", std::to_string(lab.port())});
  CAPTURE(second.err);
  CHECK(second.exit_code == 1);
  CHECK(second.err.starts_with("closelab: error: admin port: "));
}

TEST_CASE("the text log says where it listens, then requests, then verdicts with their ladder") {
  Program program({"/usr/bin/env", "LC_ALL=C.UTF-8", CLOSELAB_PROGRAM, "serve", "--port=0", "--witness=off"});
  const std::string first = program.line();
  CAPTURE(first);
  const std::string intro = "closelab: listening on http://127.0.0.1:";
  REQUIRE(first.starts_with(intro));
  const std::string port = first.substr(intro.size(), first.find('/', intro.size()) - intro.size());

  CHECK(program.line().starts_with("closelab: admin on http://127.0.0.1:"));
  CHECK(program.line() == "closelab: witness: none; it is switched off (witness)");
  CHECK(curl({"-H", "Connection: close", "http://127.0.0.1:" + port + "/"}).exit_code == 0);
  CHECK(contains(program.line(), "connection 1, request 1: GET / HTTP/1.1  200 OK"));
  CHECK(contains(program.line(), "connection 1 ended: the server closed first, by FIN"));
  CHECK(contains(program.line(), "because    the request said \"Connection: close\""));
  CHECK(contains(program.line(), "TIME_WAIT  server: 127.0.0.1:" + port + " -> 127.0.0.1:"));
  program.signal(SIGINT);
  const std::string rest = program.rest();
  CAPTURE(rest);
  CHECK(contains(rest, "── FIN ──"));
  CHECK(contains(rest, "sock_diag"));
  CHECK(contains(rest, "stopped by SIGINT"));
  CHECK(contains(rest, "1 connection, 1 request "));
  CHECK_FALSE(contains(rest, "\x1b"));
  CHECK(program.finished().exit_code == 0);
}

TEST_CASE("SIGTERM closes idle connections, and their verdicts come before the end") {
  Lab lab;
  const RawClient client(lab.port());
  client.send("GET / HTTP/1.1\r\nHost: lab\r\n\r\n");
  client.read_until("Try next");
  lab.program().signal(SIGTERM);
  client.read_to_end();
  const json connection = lab.settled();
  CHECK(connection["close_reason"] == "server_stop");
  CHECK(connection["verdict"]["closed_first"] == "server");
  const json stopped = lab.event("stopped");
  CHECK(stopped["signal"] == "SIGTERM");
  CHECK(stopped["accepted"] == 1);
  CHECK(stopped["settled"] == 1);
  CHECK(stopped["held_up"].empty());
  CHECK(lab.program().rest().empty());
  CHECK(lab.program().finished().exit_code == 0);
}

/// A request whose head the server has read for certain: it asked for the body.
constexpr const char* half_a_request =
    "POST /echo HTTP/1.1\r\nHost: lab\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n";

TEST_CASE("SIGTERM lets a request in flight finish, with Connection: close") {
  Lab lab;
  const RawClient idle(lab.port());
  idle.send("GET /status/204 HTTP/1.1\r\nHost: lab\r\n\r\n");
  idle.read_until("\r\n\r\n");
  const RawClient client(lab.port());
  client.send(half_a_request);
  client.read_until("100 Continue\r\n\r\n");
  lab.program().signal(SIGTERM);
  // When the idle connection has been closed, the server is stopping.
  idle.read_to_end();
  client.send("x");
  const std::string answer = client.read_to_end();
  CAPTURE(answer);
  CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(contains(answer, "Connection: close\r\n"));
  CHECK(answer.ends_with("\r\n\r\nx"));
  CHECK(lab.event("stopped")["held_up"].empty());
  CHECK(lab.program().finished().exit_code == 0);
}

TEST_CASE("--grace bounds the stop, and says who held it up") {
  Lab lab({"--grace", "100ms"});
  const RawClient client(lab.port());
  client.send(half_a_request);
  client.read_until("100 Continue\r\n\r\n");
  lab.program().signal(SIGTERM);
  const json stopped = lab.event("stopped");
  REQUIRE(stopped["held_up"].size() == 1);
  CHECK(stopped["held_up"][0]["id"] == 1);
  CHECK(stopped["duration_ms"] < 3000);
  CHECK(lab.program().finished().exit_code == 0);
}

TEST_CASE("the second signal ends at once") {
  Lab lab({"--grace", "1h"});
  const RawClient client(lab.port());
  client.send(half_a_request);
  client.read_until("100 Continue\r\n\r\n");
  // Two of the same kind could arrive as one (signal(7)).
  lab.program().signal(SIGINT);
  lab.program().signal(SIGTERM);
  const json stopped = lab.event("stopped");
  CHECK(stopped["signal"] == "SIGTERM");
  CHECK(stopped["held_up"].size() == 1);
  CHECK(lab.program().finished().exit_code == 0);
}

TEST_CASE("a closed standard output neither kills the server nor keeps it from stopping") {
  Lab lab;
  lab.program().close_stdout();
  for (int i = 0; i < 3; ++i) CHECK(curl({lab.url()}).exit_code == 0);
  lab.program().signal(SIGTERM);
  CHECK(lab.program().finished().exit_code == 0);
}

TEST_CASE("a standard output that nobody reads does not hold up the server") {
  Lab lab;
  // More than a pipe holds.
  const RawClient client(lab.port());
  for (int i = 0; i < 1000; ++i) {
    client.send("GET /status/200 HTTP/1.1\r\nHost: lab\r\n\r\n");
    client.read_until("200 OK\n");
  }
  CHECK(curl({lab.url()}).exit_code == 0);
}

}  // namespace
}  // namespace closelab::cli
