#include "server/lab/audit/front_client.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "server/lab/audit/answer_reader.h"
#include "server/lab/audit/loopback.h"

namespace closelab::lab {
namespace {

using Clock = std::chrono::steady_clock;

/// Less than the audit waits for a client's word.
constexpr std::chrono::seconds patience{9};
/// How long a 100 is waited for before the body is sent (RFC 9110 section 10.1.1).
constexpr std::chrono::seconds wait_for_continue{1};

std::string_view method_of(StepKind kind) {
  switch (kind) {
    case StepKind::head:
      return "HEAD";
    case StepKind::post:
    case StepKind::upload:
    case StepKind::upload_cut:
    case StepKind::expect:
      return "POST";
    case StepKind::put:
      return "PUT";
    case StepKind::delete_resource:
      return "DELETE";
    default:
      return "GET";
  }
}

/// The part of the URL after the authority.
std::string target_of(const std::string& url) { return url.substr(url.find('/', std::strlen("http://"))); }

std::string body_of(const ClientStep& step) {
  if (step.kind == StepKind::upload || step.kind == StepKind::upload_cut) return std::string(step.number, 'x');
  const bool is_small = step.kind == StepKind::post || step.kind == StepKind::put || step.kind == StepKind::expect;
  return is_small ? "ping" : "";
}

std::string head_of(const ClientStep& step, const std::string& body) {
  std::string head = fmt::format("{} {} HTTP/1.1\r\nHost: audit\r\n", method_of(step.kind), target_of(step.url));
  if (!body.empty()) head += fmt::format("Content-Length: {}\r\n", body.size());
  if (step.kind == StepKind::expect) head += "Expect: 100-continue\r\n";
  return head + "\r\n";
}

/// One request on one connection.
class Exchange {
 public:
  Exchange(const ClientStep& step, testbed::Socket socket)
      : step_(step),
        socket_(std::move(socket)),
        reader_(step.kind == StepKind::head ? AnswerReader::Content::none : AnswerReader::Content::by_head) {
    body_ = body_of(step);
    text_ = head_of(step, body_);
    if (step.kind == StepKind::upload_cut) body_.resize(body_.size() / 2);
    if (step.kind == StepKind::expect) continue_at_ = Clock::now() + wait_for_continue;
    if (step.kind != StepKind::expect) text_ += body_;
    if (step.kind == StepKind::cancel) deadline_ = Clock::now() + std::chrono::milliseconds(step.number);
  }

  Reply run(std::uint16_t port) {
    if (const int error = socket_.is_open() ? 0 : connect(port); error != 0)
      return {.kind = Reply::Kind::error, .text = fmt::format("the proxy refuses: {}", std::strerror(error))};
    while (!is_over() && Clock::now() < deadline_) go_on();
    return reply();
  }

  /// The connection, when it may carry another request; else a socket that is not open.
  testbed::Socket take_socket() {
    const bool is_usable = reader_.keeps_connection() && text_.empty() && !continue_at_ && !ended_;
    return is_usable ? std::move(socket_) : testbed::Socket();
  }

 private:
  int connect(std::uint16_t port) {
    if (const int error = socket_.open()) return error;
    return socket_.connect(on_loopback(port), [&](int fd, short events) { return wait(fd, events) != 0; });
  }

  /// The events that have come; 0 when it is time for something else.
  short wait(int fd, short events) const {
    const auto until = continue_at_ ? std::min(*continue_at_, deadline_) : deadline_;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    pollfd entry{.fd = fd, .events = events, .revents = 0};
    ::poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    return entry.revents;
  }

  void go_on() {
    if (continue_at_ && Clock::now() >= *continue_at_) send_body();
    const short events = wait(socket_.fd(), text_.empty() ? POLLIN : POLLIN | POLLOUT);
    if ((events & (POLLIN | POLLHUP | POLLERR)) != 0) receive();
    if (!ended_ && (events & POLLOUT) != 0) send();
  }

  void send_body() {
    text_ += body_;
    continue_at_.reset();
  }

  /// An error shows where it is read, after what has come before it.
  void send() {
    const ssize_t size = ::send(socket_.fd(), text_.data(), text_.size(), MSG_NOSIGNAL);
    if (size > 0) text_.erase(0, static_cast<std::size_t>(size));
    if (size < 0 && errno != EAGAIN && errno != EINTR) text_.clear();
  }

  void receive() {
    std::array<char, 65536> buffer{};
    const auto received = socket_.receive(buffer, [](int, short) { return false; });
    if (received.error == testbed::waited_in_vain) return;
    if (received.bytes > 0) {
      reader_.add({buffer.data(), received.bytes});
      if (continue_at_ && reader_.extent() != Extent::whole) send_body();
      return;
    }
    ended_ = received.is_end() ? StreamEnd::fin : StreamEnd::rst;
    if (received.is_end()) reader_.add_end();
  }

  bool is_over() const {
    if (ended_ || reader_.extent() == Extent::whole) return true;
    if (step_.kind == StepKind::upload_cut) return text_.empty();
    return step_.kind == StepKind::get_unread && reader_.status() != 0;
  }

  Reply reply() const {
    const int status = reader_.status();
    if (step_.kind == StepKind::get_unread && status != 0) return {.status = status, .bytes = 0};
    ExchangeEnd seen{.status = status,
                     .bytes = reader_.bytes(),
                     .extent = reader_.extent(),
                     .end = ended_.value_or(StreamEnd::open)};
    Reply reply{.status = status, .bytes = reader_.bytes()};
    if (seen.extent != Extent::whole) reply = {.kind = Reply::Kind::error, .text = describe(seen)};
    // Where it has itself given up, the proxy's end says nothing.
    if (step_.kind != StepKind::cancel && step_.kind != StepKind::upload_cut) reply.front = seen;
    return reply;
  }

  const ClientStep& step_;
  testbed::Socket socket_;
  AnswerReader reader_;
  std::string body_;
  /// What is still to be sent.
  std::string text_;
  std::optional<Clock::time_point> continue_at_{};
  Clock::time_point deadline_ = Clock::now() + patience;
  std::optional<StreamEnd> ended_{};
};

}  // namespace

Reply FrontClient::play(const ClientStep& step) {
  return step.kind == StepKind::burst ? play_burst(step) : play_on_kept(step);
}

/// A FIN that has come while it was idle is seen before the request is sent.
Reply FrontClient::play_on_kept(const ClientStep& step) {
  pollfd entry{.fd = kept_.fd(), .events = POLLIN, .revents = 0};
  if (!kept_.is_open() || ::poll(&entry, 1, 0) != 0) kept_ = testbed::Socket();
  Exchange exchange(step, std::move(kept_));
  Reply reply = exchange.run(port_);
  kept_ = exchange.take_socket();
  return reply;
}

Reply FrontClient::play_burst(const ClientStep& step) const {
  const ClientStep one{.kind = StepKind::get, .url = step.url};
  std::vector<Reply> replies(step.number);
  {
    std::vector<std::jthread> threads;
    for (Reply& reply : replies) threads.emplace_back([&] { reply = Exchange(one, {}).run(port_); });
  }
  Reply last = std::move(replies.back());
  // There is no telling whose ending it was among many requests at once.
  last.front.reset();
  return last;
}

}  // namespace closelab::lab
