// TCP's urgent data (RFC 6093), of which HTTP knows nothing, at every byte of a request. recv() returns less than there
// is where it stands, and the byte itself is not part of what is read; the request must be answered all the same.

#include <sys/socket.h>

#include <atomic>
#include <exception>
#include <iostream>
#include <string>

#include "closelab/server.h"
#include "tests/hostile/parallel.h"
#include "tests/hostile/story.h"
#include "tests/loopback/client.h"

namespace closelab::hostile {
namespace {

std::string request() { return loopback::post("/echo", "some body", "Connection: close\r\n"); }

/// All is there when the server first reads, or comes in three pieces.
enum class Arrival { at_once, piece_by_piece };

bool is_answered(const Endpoint& server, std::size_t position, Arrival arrival) {
  try {
    loopback::Client client(server);
    const int more = arrival == Arrival::at_once ? MSG_MORE : 0;
    const std::string text = request();
    ::send(client.fd(), text.data(), position, MSG_NOSIGNAL | more);
    ::send(client.fd(), "!", 1, MSG_NOSIGNAL | MSG_OOB | more);
    client.send(text.substr(position));
    return client.receive_reply().body == "some body";
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace

void urgent_data(const Scale&, Findings& findings) {
  Server server;
  server.handle("/echo", [](const Request& request) { return Response{.body = std::string(request.body)}; });
  const std::size_t positions = request().size() + 1;
  std::atomic<std::size_t> answered = 0;
  in_parallel(2 * positions, [&](std::size_t i) {
    const Arrival arrival = i % 2 == 0 ? Arrival::at_once : Arrival::piece_by_piece;
    answered += is_answered(server.endpoint(), i / 2, arrival);
  });
  std::cout << "  " << answered << " of " << 2 * positions << " requests were answered\n";
  findings.expect(answered == 2 * positions, "a request with urgent data was not answered");
}

}  // namespace closelab::hostile
