#include "tests/kernel/witness_situations.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <string>

#include "net/socket/unique_fd.h"
#include "tests/kernel/client.h"
#include "tests/kernel/endings.h"

namespace closelab::kernel_test {
namespace {

using namespace std::chrono_literals;

// Fits the server's send buffer, but not the client's window beside it.
constexpr std::size_t big_body = std::size_t{24} * 1024;
constexpr int small_buffer = 4 * 1024;
const std::string goodbye = "Connection: close\r\n";

void client_closes(const Endpoint& server) {
  Client client(server, 0);
  client.send(get("/"));
  client.read_answer("ok\n");
  client.close();
}

void server_closes(const Endpoint& server) {
  Client client(server, 0);
  client.send(get("/", goodbye));
  client.read_to_end();
  client.close();
}

void half_closes(const Endpoint& server) {
  Client client(server, 0);
  client.send(get("/"));
  client.half_close();
  client.read_to_end();
}

void does_not_wait(const Endpoint& server) {
  Client client(server, 0);
  client.send(get("/"));
  client.close();
}

void client_aborts(const Endpoint& server) {
  Client client(server, 0);
  client.send(get("/"));
  client.read_answer("ok\n");
  client.abort();
}

void server_aborts(const Endpoint& server) {
  Client client(server, 0);
  client.send(get("/close/abortive"));
  client.read_to_end();
}

/// The server's FIN waits for room in the client's window, and the client's overtakes it.
void overtakes_fin(const Endpoint& server) {
  Client client(server, small_buffer);
  client.send(get("/big", goodbye));
  client.await_input();
  pollfd nothing{};
  ::poll(&nothing, 0, 30);
  client.half_close();
  ::poll(&nothing, 0, 30);
  client.read_to_end();
}

/// Both ends decide to close at about the same time.
void closes_meanwhile(const Endpoint& server) {
  Client client(server, 0);
  client.send(get("/", goodbye));
  client.half_close();
  client.read_to_end();
}

/// The client has the server's FIN, and resets.
void aborts_after_fin(const Endpoint& server) {
  Client client(server, 0);
  client.send(get("/", goodbye));
  client.read_to_end();
  client.abort();
}

constexpr std::array situations{
    WitnessSituation{"the client closes first", client_closes, Side::client, ResetBy::none, TimeWait::client},
    WitnessSituation{"the server closes first, the client at once after it", server_closes, Side::server, ResetBy::none,
                     TimeWait::server},
    WitnessSituation{"the client half-closes, then reads its answer", half_closes, Side::client, ResetBy::none,
                     TimeWait::client},
    WitnessSituation{"the client closes before its answer comes", does_not_wait, Side::client, ResetBy::client,
                     TimeWait::none},
    WitnessSituation{"the client aborts", client_aborts, Side::client, ResetBy::client, TimeWait::none},
    WitnessSituation{"the server aborts", server_aborts, Side::server, ResetBy::server, TimeWait::none},
    WitnessSituation{"the client's FIN overtakes one that waits behind data", overtakes_fin, Side::client,
                     ResetBy::none, TimeWait::both},
    WitnessSituation{"both close at about the same time", closes_meanwhile, {}, {}, {}},
    WitnessSituation{"the client aborts when it has the server's FIN", aborts_after_fin, Side::server, ResetBy::client,
                     TimeWait::none},
};

}  // namespace

std::span<const WitnessSituation> witness_situations() { return situations; }

Options witness_options() {
  Options options;
  options.records_kept = 1'000'000;
  options.timeouts.idle_timeout = 20s;
  return options;
}

void add_witness_routes(Server& server) {
  server.handle("/", [](const Request&) { return Response{.body = "ok\n"}; });
  server.handle("/big", [](const Request&) { return Response{.body = std::string(big_body, 'x')}; });
  server.handle("/close/abortive",
                [](const Request&) { return Response{.body = "ok\n", .close_mode = CloseMode::abortive}; });
}

}  // namespace closelab::kernel_test
