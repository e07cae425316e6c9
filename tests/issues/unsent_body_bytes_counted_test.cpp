// Bytes of a streamed body that were still in the server when write_timeout ended the answer were counted as sent.

#include "tests/loopback/fixture.h"

namespace closelab::loopback {

TEST_CASE("an answer that is not sent to its end has the body bytes that were handed over") {
  for (const char* path : {"/stream?20000000", "/chunked?20000000"}) {
    CAPTURE(path);
    Options options;
    options.timeouts.write_timeout = 100ms;
    TestServer server(options);
    Client client(server, 4096);
    client.send(get(path));
    const std::size_t head = client.receive_until("\r\n\r\n").find("\r\n\r\n") + 4;
    const RequestRecord request = server.closed().requests.front();
    const std::uint64_t sent = request.answer_end - head;
    CHECK(request.response_body_bytes <= sent);
    // The rest is the framing of chunks of at least 1 KiB.
    CHECK(request.response_body_bytes + sent / 100 >= sent);
    if (std::string_view(path).starts_with("/stream")) CHECK(request.response_body_bytes == sent);
  }
}

}  // namespace closelab::loopback
