#include "tests/conformance/reply.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <stdexcept>

namespace closelab::conformance {
namespace {

struct Malformed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

constexpr std::string_view token_characters =
    "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

// Thrown where the bytes end before the response does.
struct Incomplete {};

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool is_text(const std::string& line) {
  return std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; });
}

class ReplyReader {
 public:
  explicit ReplyReader(std::string_view bytes) : bytes_(bytes) {}

  void read(Reply& reply, RequestMethod method, bool at_end) {
    read_status_line(reply);
    for (std::string line = take_line(); !line.empty(); line = take_line()) read_field(reply, line);
    read_body(reply, method, at_end);
    reply.size = at_;
  }

 private:
  std::string take(std::size_t size) {
    if (bytes_.size() - at_ < size) throw Incomplete();
    at_ += size;
    return std::string(bytes_.substr(at_ - size, size));
  }

  std::string take_line() {
    const std::size_t end = bytes_.find("\r\n", at_);
    if (end == std::string_view::npos) throw Incomplete();
    const std::string line = take(end - at_);
    at_ += 2;
    if (line.find_first_of("\r\n") != std::string::npos) throw Malformed("a bare CR or LF: " + line);
    return line;
  }

  void read_status_line(Reply& reply) {
    const std::string line = take_line();
    const bool well_formed = line.starts_with("HTTP/1.1 ") && line.size() >= 13 && line[12] == ' ' && is_text(line);
    const std::string status = well_formed ? line.substr(9, 3) : "";
    if (!well_formed || status.find_first_not_of("0123456789") != std::string::npos) {
      throw Malformed("no status line: " + line);
    }
    reply.status = std::stoi(status);
  }

  void read_field(Reply& reply, const std::string& line) {
    const std::size_t colon = line.find_first_not_of(token_characters);
    if (colon == 0 || colon == std::string::npos || line.compare(colon, 2, ": ") != 0 || !is_text(line)) {
      throw Malformed("no field line: " + line);
    }
    const bool is_new = reply.fields.emplace(lower(line.substr(0, colon)), line.substr(colon + 2)).second;
    if (!is_new) throw Malformed("a field twice: " + line);
  }

  void read_body(Reply& reply, RequestMethod method, bool at_end) {
    const bool no_length = reply.status < 200 || reply.status == 204;
    if (no_length && (reply.has("content-length") || reply.has("transfer-encoding"))) {
      throw Malformed("a length where there is no body (RFC 9110 §8.6)");
    }
    if (reply.has("content-length") && reply.has("transfer-encoding")) throw Malformed("two lengths");
    if (no_length || reply.status == 304 || method == RequestMethod::head) return;
    if (reply.has("content-length")) {
      reply.body = take(number(reply.fields["content-length"], 10));
    } else if (reply.has("transfer-encoding")) {
      read_chunks(reply);
    } else if (at_end) {
      reply.body = take(bytes_.size() - at_);
    } else {
      throw Incomplete();
    }
  }

  void read_chunks(Reply& reply) {
    if (reply.fields["transfer-encoding"] != "chunked") throw Malformed("a coding that was not asked for");
    while (const std::size_t size = number(take_line(), 16)) {
      reply.body += take(size);
      if (!take_line().empty()) throw Malformed("a chunk without CRLF");
    }
    if (!take_line().empty()) throw Malformed("a trailer");
  }

  static std::size_t number(const std::string& text, int base) {
    std::size_t value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (text.empty() || result.ec != std::errc{} || result.ptr != text.data() + text.size()) {
      throw Malformed("not a number: " + text);
    }
    return value;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
};

}  // namespace

bool Reply::says_close() const {
  const auto connection = fields.find("connection");
  return connection != fields.end() && lower(connection->second) == "close";
}

Reply read_reply(std::string_view bytes, RequestMethod method, bool at_end) {
  Reply reply;
  try {
    ReplyReader(bytes).read(reply, method, at_end);
    reply.state = Reply::State::complete;
  } catch (const Incomplete&) {
    if (at_end && !bytes.empty()) {
      reply.state = Reply::State::malformed;
      reply.fault = "cut short";
    }
  } catch (const Malformed& error) {
    reply.state = Reply::State::malformed;
    reply.fault = error.what();
  }
  return reply;
}

}  // namespace closelab::conformance
