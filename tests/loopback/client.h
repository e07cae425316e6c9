#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "closelab/endpoint.h"
#include "closelab/server.h"
#include "net/socket/unique_fd.h"

namespace closelab::loopback {

/// How long a test waits for anything before it fails.
inline constexpr std::chrono::seconds patience{20};

/// What recv() came to: bytes, the peer's FIN (no bytes, no error), or an errno.
struct Received {
  std::string bytes;
  int error = 0;
};

/// What send() got rid of before it failed, if it did.
struct Sent {
  std::size_t bytes = 0;
  int error = 0;
};

/// A response as it came, its body without chunk framing.
struct Reply {
  int status = 0;
  std::string status_line;
  /// By lower-case name; lines of one name are joined with ", ".
  std::map<std::string, std::string> fields;
  std::string body;

  std::string field(const std::string& name) const;
};

enum class Body { expected, none };

/// A TCP client that does only what it is told. Every wait is bounded by `patience`; what must not fail throws.
class Client {
 public:
  /// `receive_buffer`: SO_RCVBUF, for a client that takes little.
  explicit Client(const Server& server, int receive_buffer = 0) : Client(server.endpoint(), receive_buffer) {}
  explicit Client(const Endpoint& server, int receive_buffer = 0);

  int fd() const { return fd_.get(); }
  Endpoint local() const;

  void send(std::string_view bytes) const;
  /// Sends until done or until it fails.
  Sent try_send(std::string_view bytes) const;
  /// Sends what the kernel takes now.
  Sent send_available(std::string_view bytes) const;

  /// One recv() of what is there; waits for something.
  Received receive_some();
  /// Everything to the FIN or an error, from the first byte not yet read as a reply.
  Received receive_to_end();
  /// At least `text`; all that was read so far.
  std::string receive_until(std::string_view text);
  /// True when the server has sent nothing at all so far: neither bytes nor FIN nor RST.
  bool is_quiet() const;
  /// Waits for the server's FIN without bytes before it.
  bool receives_fin();

  /// The next response, interim ones too. Throws when the connection ends within it, unless it is delimited by that.
  Reply receive_reply(Body body = Body::expected);
  /// Sends the request and takes its response.
  Reply exchange(std::string_view request, Body body = Body::expected);

  void send_fin() const;
  void close() { fd_.reset(); }
  /// close() that sends RST.
  void reset();

 private:
  void fill();
  std::string take(std::size_t bytes);
  std::string take_line();
  std::string take_chunks();

  net::UniqueFd fd_;
  std::string buffer_;
};

/// `GET path HTTP/1.1` with Host and the field lines (each ending with CRLF).
std::string get(std::string_view path, std::string_view fields = {});
std::string get_1_0(std::string_view path, std::string_view fields = {});
/// `POST path` with Content-Length.
std::string post(std::string_view path, std::string_view body, std::string_view fields = {});

}  // namespace closelab::loopback
