// Every curl that the help and the conf files name, and what it must show.

#include <doctest/doctest.h>

#include <csignal>
#include <sstream>
#include <system_error>

#include "tests/support/program.h"
#include "tests/where.h"

namespace closelab::cli {
namespace {

using nlohmann::json;

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::string conf(const std::string& name) { return std::string("--conf=") + CLOSELAB_SOURCE_DIR "/conf/" + name; }

/// The local and peer addresses that ss lists in TIME_WAIT for the port.
std::string time_wait_sockets(std::uint16_t port) {
  const std::string number = std::to_string(port);
  return run({"ss", "-tanH", "state", "time-wait", "( sport = :" + number + " or dport = :" + number + " )"}).out;
}

/// Whether ss lists a socket in TIME_WAIT with these ends, its own first.
bool ss_lists(std::uint16_t port, const std::string& local, const std::string& peer) {
  std::istringstream sockets(time_wait_sockets(port));
  std::string receive_queue, send_queue, listed_local, listed_peer;
  while (sockets >> receive_queue >> send_queue >> listed_local >> listed_peer)
    if (listed_local == local && listed_peer == peer) return true;
  return false;
}

void check_time_wait(const Lab& lab, const json& connection, const std::string& holder) {
  CAPTURE(connection.dump(1));
  const std::string server = connection["server"];
  const std::string client = connection["client"];
  CHECK(connection["verdict"]["time_wait"] == holder);
  if (holder == "server" || holder == "client") {
    CHECK(connection["verdict"]["time_wait_source"] == "sock_diag");
    CHECK(connection["verdict"]["time_wait_remaining_ms"] > 50'000);
    CHECK(connection["verdict"]["time_wait_remaining_ms"] <= 60'000);
  }
  CHECK(ss_lists(lab.port(), server, client) == (holder == "server"));
  CHECK(ss_lists(lab.port(), client, server) == (holder == "client"));
}

void check_ending(const json& connection, const std::string& closed_first, const std::string& closed_by,
                  const std::string& close_reason) {
  CAPTURE(connection.dump(1));
  CHECK(connection["verdict"]["closed_first"] == closed_first);
  CHECK(connection["verdict"]["closed_by"] == closed_by);
  CHECK(connection["close_reason"] == close_reason);
}

TEST_CASE("keep-alive: curl closes when it exits and holds TIME_WAIT") {
  Lab lab;
  const Finished answer = curl({lab.url()});
  CHECK(answer.exit_code == 0);
  CHECK(contains(answer.out, "You are connection 1"));
  CHECK(contains(answer.out, "request 1."));
  CHECK(contains(answer.out, "keeps the connection open"));
  CHECK(contains(answer.out, "sport = :" + std::to_string(lab.port())));
  CHECK(lab.event("request")["request"]["persistence"] == "keep");
  const json connection = lab.settled();
  check_ending(connection, "client", "fin", "peer_closed");
  check_time_wait(lab, connection, "client");
}

TEST_CASE("Connection: close: the server closes first and holds TIME_WAIT") {
  Lab lab;
  const Finished answer = curl({"-i", "-H", "Connection: close", lab.url()});
  CHECK(contains(answer.out, "\r\nConnection: close\r\n"));
  CHECK(contains(answer.out, "the request said \"Connection: close\""));
  const json connection = lab.settled();
  check_ending(connection, "server", "fin", "request_close");
  check_time_wait(lab, connection, "server");
}

TEST_CASE("two URLs: one connection, two requests") {
  Lab lab;
  const Finished answer = curl({lab.url(), lab.url()});
  CHECK(contains(answer.out, "request 1."));
  CHECK(contains(answer.out, "request 2."));
  const json connection = lab.settled();
  CHECK(connection["request_count"] == 2);
  CHECK(connection["requests"].size() == 2);
  check_ending(connection, "client", "fin", "peer_closed");
  check_time_wait(lab, connection, "client");
}

TEST_CASE("HTTP/1.0: close is the default") {
  Lab lab;
  CHECK(curl({"--http1.0", lab.url()}).exit_code == 0);
  const json connection = lab.settled();
  CHECK(connection["requests"][0]["version"] == "HTTP/1.0");
  check_ending(connection, "server", "fin", "http_1_0");
  check_time_wait(lab, connection, "server");
}

/// curl closes, too, when it has read the response; whichever of its FIN and our RST was first, the RST
/// is the server's and leaves no TIME_WAIT.
void check_reset(const Lab& lab, const json& connection, const std::string& close_reason) {
  CAPTURE(connection.dump(1));
  CHECK(connection["close_mode"] == "abortive");
  CHECK(connection["close_reason"] == close_reason);
  CHECK(connection["verdict"]["reset_by"] == "server");
  check_time_wait(lab, connection, "none");
}

TEST_CASE("/close/abortive: an RST, and nobody holds TIME_WAIT") {
  Lab lab;
  CHECK(contains(curl({lab.url("/close/abortive")}).out, "RST"));
  check_reset(lab, lab.settled(), "response_close");
}

TEST_CASE("an abortive close is the server's RST when the client waits for it") {
  Lab lab;
  const RawClient client(lab.port());
  client.send("GET /close/abortive HTTP/1.1\r\nHost: lab\r\n\r\n");
  const json connection = lab.settled();
  check_ending(connection, "server", "rst", "response_close");
  check_reset(lab, connection, "response_close");
}

TEST_CASE("conf/keep-alive.toml") {
  Lab lab({conf("keep-alive.toml")});
  CHECK(contains(curl({lab.url()}).out, "for 1m"));
  check_time_wait(lab, lab.settled(), "client");
}

TEST_CASE("conf/close.toml: two URLs need two connections, both closed by the server") {
  Lab lab({conf("close.toml")});
  CHECK(contains(curl({"-i", lab.url(), lab.url()}).out, "\r\nConnection: close\r\n"));
  for (int i = 0; i < 2; ++i) {
    const json connection = lab.settled();
    check_ending(connection, "server", "fin", "request_limit");
    check_time_wait(lab, connection, "server");
  }
}

TEST_CASE("conf/abortive.toml: RST after each response, and what had not arrived is lost") {
  Lab lab({conf("abortive.toml")});
  CHECK(contains(curl({lab.url()}).out, "TIME_WAIT: nobody"));
  check_reset(lab, lab.settled(), "request_limit");
  // How much of a long response curl gets depends on how fast it reads.
  curl({"-o", "/dev/null", "--limit-rate", "500K", lab.url("/bytes/2MiB")});
  check_reset(lab, lab.settled(), "request_limit");

  const RawClient slow(lab.port());
  slow.send("GET /bytes/1MiB HTTP/1.1\r\nHost: lab\r\n\r\n");
  const json connection = lab.settled();
  check_ending(connection, "server", "rst", "request_limit");
  CHECK(connection["requests"][0]["response_body_bytes"] == 1 << 20);
  CHECK_THROWS_AS(slow.read_to_end(), std::system_error);
}

TEST_CASE("conf/short-idle.toml: the server closes an idle connection, not a busy one") {
  Lab lab({conf("short-idle.toml")});
  CHECK(curl({lab.url(), lab.url("/delay/1s")}).exit_code == 0);
  CHECK(lab.settled()["request_count"] == 2);

  const RawClient client(lab.port());
  client.send("GET /status/204 HTTP/1.1\r\nHost: lab\r\n\r\n");
  const std::string answer = client.read_to_end();
  CHECK(answer.starts_with("HTTP/1.1 204 "));
  CHECK_FALSE(contains(answer, "408"));
}

TEST_CASE("an idle connection that the server closed is the server's TIME_WAIT") {
  Lab lab({"--idle-timeout", "100ms"});
  {
    const RawClient client(lab.port());
    client.read_to_end();
  }
  const json connection = lab.settled();
  check_ending(connection, "server", "fin", "idle_timeout");
  check_time_wait(lab, connection, "server");
}

TEST_CASE("conf/no-reuseaddr.toml: no restart over TIME_WAIT, not even with SO_REUSEADDR") {
  std::uint16_t port = 0;
  {
    Lab lab({conf("no-reuseaddr.toml")});
    port = lab.port();
    curl({"-H", "Connection: close", lab.url()});
    check_time_wait(lab, lab.settled(), "server");
    lab.program().signal(SIGTERM);
    CHECK(lab.program().finished().exit_code == 0);
  }
  for (const char* flag : {"--no-reuse-address", "--reuse-address"}) {
    const Finished again = closelab({"serve", "--port", std::to_string(port), flag});
    CAPTURE(again.err);
    CHECK(again.exit_code == 1);
    CHECK(again.err.starts_with("closelab: error: "));
    CHECK(contains(again.err, "TIME_WAIT"));
    CHECK(contains(again.err, std::to_string(port)));
  }
}

TEST_CASE("with SO_REUSEADDR a killed server starts again over its TIME_WAIT and open connections") {
  Lab lab;
  curl({"-H", "Connection: close", lab.url()});
  check_time_wait(lab, lab.settled(), "server");
  const RawClient open(lab.port());
  open.send("GET / HTTP/1.1\r\nHost: lab\r\n\r\n");
  open.read_until("Try next");
  lab.program().signal(SIGKILL);
  CHECK(lab.program().finished().exit_code == 128 + SIGKILL);

  const Finished refused = closelab({"serve", "--port", std::to_string(lab.port()), "--no-reuse-address"});
  CAPTURE(refused.err);
  CHECK(refused.exit_code == 1);
  CHECK(contains(refused.err, "SO_REUSEADDR"));
  Lab again({"--port", std::to_string(lab.port())});
  CHECK(again.port() == lab.port());
  CHECK(curl({again.url()}).exit_code == 0);
}

}  // namespace
}  // namespace closelab::cli
