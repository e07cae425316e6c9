// Sockets that a test harness or a service manager hands over, and what the service manager is told.

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>

#include "net/socket/unique_fd.h"
#include "tests/support/program.h"
#include "tests/where.h"

namespace closelab::cli {
namespace {

/// A socket that children inherit.
net::UniqueFd listening_socket() {
  net::UniqueFd fd(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(fd.get(), 8) == 0);
  return fd;
}

std::uint16_t port_of(int fd) {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  return ntohs(address.sin_port);
}

nlohmann::json listening(Program& program) { return nlohmann::json::parse(program.line()); }

TEST_CASE("--listen-fd serves on the socket that is handed over, also who connected before the server was there") {
  const net::UniqueFd socket = listening_socket();
  const RawClient early(port_of(socket.get()));
  early.send("GET / HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n");
  Program program({CLOSELAB_PROGRAM, "serve", "--log-format", "json", "--listen-fd", std::to_string(socket.get())});
  CHECK(listening(program)["port"] == port_of(socket.get()));
  const std::string answer = early.read_to_end();
  CAPTURE(answer);
  CHECK(answer.starts_with("HTTP/1.1 200"));
}

TEST_CASE("LISTEN_FDS is taken when LISTEN_PID is this process, and only then") {
  const net::UniqueFd socket = listening_socket();
  const auto command = [&](const std::string& count, const std::string& pid) {
    const std::string script = "exec 3<&" + std::to_string(socket.get()) + "; export LISTEN_FDS=" + count +
                               " LISTEN_PID=" + pid + "; exec \"$0\" serve --port 0 --log-format json";
    return std::vector<std::string>{"sh", "-c", script, CLOSELAB_PROGRAM};
  };
  Program taken(command("1", "$$"));
  CHECK(listening(taken)["port"] == port_of(socket.get()));
  Program of_another(command("1", "1"));
  CHECK(listening(of_another)["port"] != port_of(socket.get()));
  const Finished several = run(command("2", "$$"));
  CHECK(several.exit_code == 2);
  CHECK(several.err.find("LISTEN_FDS=2: closelab serve takes one socket") != std::string::npos);
}

TEST_CASE("a descriptor that can't be served is refused") {
  const Finished none = closelab({"serve", "--listen-fd", "77"});
  CHECK(none.exit_code == 1);
  CHECK(none.err.find("descriptor 77 can't be listened on: it is not open") != std::string::npos);
  const net::UniqueFd socket = listening_socket();
  const std::string fd = std::to_string(socket.get());
  CHECK(closelab({"serve", "--listen-fd", fd, "--reactors", "2"}).exit_code == 2);
  const Finished decided = closelab({"serve", "--listen-fd", fd, "--backlog", "7"});
  CHECK(decided.exit_code == 2);
  CHECK(decided.err.find("error: backlog has no effect on a socket that is handed over") != std::string::npos);
}

TEST_CASE("NOTIFY_SOCKET is told when the server is ready, and when it stops") {
  const net::UniqueFd manager(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const std::string name = "closelab-test-" + std::to_string(::getpid());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, name.data(), name.size());  // abstract: it begins with a null byte
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  REQUIRE(::bind(manager.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0);
  const auto told = [&] {
    std::array<char, 64> text{};
    REQUIRE(readable_before(manager.get(), from_now()));
    const ssize_t size = ::recv(manager.get(), text.data(), text.size(), 0);
    return std::string(text.data(), static_cast<std::size_t>(size));
  };
  Program program({"env", "NOTIFY_SOCKET=@" + name, CLOSELAB_PROGRAM, "serve", "--port", "0"});
  CHECK(told() == "READY=1");
  program.signal(SIGTERM);
  CHECK(told() == "STOPPING=1");
  CHECK(program.finished().exit_code == 0);
}

TEST_CASE("a port that is not on loopback is warned of, and the admin port answers to the names that it is given") {
  Program program({CLOSELAB_PROGRAM, "serve", "--port", "0", "--log-format", "json", "--admin-address", "0.0.0.0",
                   "--admin-host", "closelab", "--admin-host", "lab.example"});
  const std::string admin = listening(program)["admin_url"];
  for (const std::string host : {"closelab:8081", "LAB.example", "localhost"}) {
    CAPTURE(host);
    CHECK(curl({"-f", "-o", "/dev/null", "-H", "Host: " + host, admin + "connections"}).exit_code == 0);
  }
  CHECK(curl({"-H", "Host: evil", admin + "connections"}).out.find("--admin-host") != std::string::npos);
  program.signal(SIGTERM);
  const Finished finished = program.finished();
  CHECK(finished.err.find("warning: the admin port 0.0.0.0:") != std::string::npos);
  CHECK(finished.err.find("there is no password") != std::string::npos);
}

}  // namespace
}  // namespace closelab::cli
