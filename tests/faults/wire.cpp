#include "tests/faults/wire.h"

#include <algorithm>
#include <regex>

#include "server/text/printable.h"

namespace closelab::faults {
namespace {

constexpr std::string_view date = "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n";
constexpr std::string_view head_end = "\r\n\r\n";

std::size_t content_length(std::string_view head) {
  constexpr std::string_view name = "\r\nContent-Length: ";
  const std::size_t found = head.find(name);
  return found != std::string_view::npos ? std::stoul(std::string(head.substr(found + name.size()))) : 0;
}

Part take_part(std::string_view& bytes) {
  const std::size_t end = bytes.find(head_end);
  if (end == std::string_view::npos) return {};
  Part part{.head = true, .promised = content_length(bytes.substr(0, end + 2)), .body = 0};
  bytes.remove_prefix(end + head_end.size());
  part.body = std::min<std::uint64_t>(part.promised, bytes.size());
  bytes.remove_prefix(static_cast<std::size_t>(part.body));
  return part;
}

/// Says what bytes are, piece by piece.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  std::string words() {
    while (!rest_.empty()) {
      if (rest_.starts_with(sent_bytes)) {
        take(sent_bytes.size());
        say("sent");
      } else if (rest_.starts_with("HTTP/1.1 ")) {
        message();
      } else if (const std::size_t body = run_of_body(); body > 0) {
        take(body);
        say(std::to_string(body) + " bytes");
      } else {
        rest_of_response();
      }
    }
    return words_.empty() ? "nothing" : words_;
  }

 private:
  void say(const std::string& word) { words_ += (words_.empty() ? "" : ", ") + word; }

  std::string_view take(std::size_t bytes) {
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  std::size_t run_of_body() const { return std::min(rest_.find_first_not_of('r'), rest_.size()); }

  void message() {
    const std::size_t end = rest_.find(head_end);
    const std::size_t cut = std::min(rest_.find(sent_bytes), rest_.size());
    if (end > cut) {
      take(cut);
      ++responses_;
      return say(std::to_string(cut) + " bytes of the head");
    }
    const std::string_view head = take(end + head_end.size());
    const std::string status(head.substr(9, 3));
    const std::string close = head.find(says_close) != std::string_view::npos ? " (close)" : "";
    if (status == "200") return say(response(content_length(head)) + close);
    if (rest_.starts_with(answer_body)) take(answer_body.size());
    say(status + close);
  }

  std::string response(std::size_t length) {
    const bool second = ++responses_ == 2;
    const std::size_t body = std::min(run_of_body(), length);
    take(body);
    if (body == length) return second ? "2nd" : "all";
    const std::string part = body == response_body_bytes ? "all of a body that was to be longer"
                             : body == 0                 ? "head"
                                                         : "head + " + std::to_string(body) + " bytes";
    return second ? "2nd: " + part : part;
  }

  /// Of one that was interrupted in its head.
  void rest_of_response() {
    const std::string_view rest = take(std::min(rest_.find("HTTP/1.1 "), rest_.size()));
    say(rest.ends_with(std::string(response_body_bytes, 'r')) ? "the rest" : server::printable(rest));
  }

  std::string_view rest_;
  std::string words_;
  std::size_t responses_ = 0;
};

}  // namespace

std::string with_one_date(std::string bytes) {
  return std::regex_replace(bytes, std::regex("Date: [^\r]*\r\n"), std::string(date));
}

std::string response(std::string_view connection, std::size_t length, std::size_t body) {
  std::string bytes = "HTTP/1.1 200 OK\r\n" + std::string(date) + "Content-Length: " + std::to_string(length) + "\r\n";
  return bytes.append(connection).append("\r\n").append(body, 'r');
}

std::string answer(std::string_view connection) {
  std::string bytes = "HTTP/1.1 503 Service Unavailable\r\n" + std::string(date);
  bytes += "Content-Length: " + std::to_string(answer_body.size()) + "\r\n";
  return bytes.append(connection).append("\r\n").append(answer_body);
}

std::string interim() { return "HTTP/1.1 103 Early Hints\r\n\r\n"; }

std::string proceed() { return "HTTP/1.1 100 Continue\r\n\r\n"; }

std::array<Part, 2> parts_of(std::string_view bytes) {
  std::array<Part, 2> parts;
  for (Part& part : parts) part = take_part(bytes);
  return parts;
}

std::size_t first_body(std::string_view bytes) {
  const std::size_t end = bytes.find(head_end);
  return end != std::string_view::npos ? end + head_end.size() : 0;
}

std::size_t second_response(std::string_view bytes) {
  std::string_view rest = bytes;
  take_part(rest);
  return bytes.size() - rest.size();
}

std::string words_for(std::string_view bytes) { return Reader(bytes).words(); }

}  // namespace closelab::faults
