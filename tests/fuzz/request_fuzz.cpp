// Bytes of a client, through the request parser, the exchange and persistence, as a connection leads them. However
// they are split, the story must be the same, down to the byte after which nothing is read any more.

#include <cstdint>
#include <random>
#include <string>

#include "http/persistence.h"
#include "http/request_parser.h"
#include "server/connection/lifecycle.h"
#include "tests/fuzz/fuzz.h"

namespace closelab::fuzz {
namespace {

using namespace http;
using Event = RequestParser::Event;
using server::Stage;

// Small, so that few bytes reach them.
constexpr HttpLimits small_limits{.target_bytes = 60, .header_bytes = 200, .header_count = 6, .body_bytes = 20};

/// A connection without a socket: it answers each request when it is complete.
class Conversation {
 public:
  explicit Conversation(const HttpLimits& limits) : parser_(limits) {}

  void feed(std::string_view bytes) {
    while (!bytes.empty() && !closed_) {
      const RequestParser::Step step = parser_.feed(bytes);
      expect(step.consumed <= bytes.size(), "a parser takes no more than it is given");
      expect(step.consumed > 0 || step.event != Event::need_more, "a parser gets on");
      bytes.remove_prefix(step.consumed);
      consumed_ += step.consumed;
      take(step.event);
      expect(bytes.empty() || step.event != Event::need_more, "a parser that wants more has taken all");
    }
  }

  std::string story() const { return story_ + "read " + std::to_string(consumed_) + " bytes\n"; }

 private:
  void take(Event event) {
    if (stage_ == Stage::idle) go(server::Event::first_byte);
    if (stage_ == Stage::empty_lines && parser_.started()) go(server::Event::request_begins);
    switch (event) {
      case Event::need_more:
        return;
      case Event::head:
        go(server::Event::head_complete);
        expect(parser_.framing() != BodyFraming::none, "a body that follows is framed");
        return;
      case Event::message:
        go(server::Event::request_complete);
        expect(parser_.body_remaining() == 0U, "a message that is complete has no more to come");
        return answer(CloseReason::none);
      case Event::error:
        go(server::Event::request_refused);
        return answer(CloseReason::protocol_error);
    }
  }

  void answer(CloseReason decided) {
    const bool refused = decided != CloseReason::none;
    tell(refused);
    const Persistence persistence =
        decide_persistence({.decided = decided,
                            .request_version = parser_.message().version,
                            .request = refused ? ConnectionTokens{} : parser_.connection_tokens(),
                            .request_number = ++requests_});
    story_ += std::string(to_string(persistence.reason)) + '\n';
    closed_ = persistence.decision == Persistence::Decision::close;
    expect(closed_ || !refused, "a refused request is a connection's last");
    if (!refused) go(closed_ ? server::Event::answered_last : server::Event::answered);
    expect(stage_ == (closed_ ? Stage::finishing : Stage::idle), "an exchange ends with its response");
    if (!closed_) parser_.reset();
  }

  void tell(bool refused) {
    const RequestMessage& message = parser_.message();
    story_ += std::string(message.method) + ' ' + std::string(message.target) + '\n';
    if (refused) return tell_error();
    story_ += std::string(to_string(message.version)) + '\n';
    for (const FieldView& field : message.fields)
      story_ += std::string(field.name) + ": " + std::string(field.value) + '\n';
    story_ += std::string(message.body) + '\n';
    expect(parser_.error().fault == Refusal::none, "a request that is accepted has no fault");
  }

  void tell_error() {
    const ParseError& error = parser_.error();
    expect(error.status >= 400 && error.status < 600, "a refusal has an error's status");
    expect_error_text(error.text);
    story_ += error.text + '\n';
  }

  void go(server::Event event) {
    const auto next = server::next_step({stage_}, event);
    expect(next.has_value(), "what a parser says is a transition of the lifecycle");
    stage_ = next->stage;
  }

  RequestParser parser_;
  Stage stage_ = Stage::idle;
  std::uint64_t requests_ = 0;
  std::size_t consumed_ = 0;
  bool closed_ = false;
  std::string story_;
};

/// The input's own pieces: they follow from its bytes, so that a finding can be repeated.
std::string story_in_pieces(std::string_view input, const HttpLimits& limits, std::size_t longest) {
  std::uint32_t sum = 2166136261;
  for (const char c : input) sum = (sum ^ static_cast<unsigned char>(c)) * 16777619;
  std::minstd_rand random(sum);
  Conversation conversation(limits);
  while (!input.empty()) {
    const std::string_view piece = input.substr(0, 1 + random() % longest);
    conversation.feed(piece);
    input.remove_prefix(piece.size());
  }
  return conversation.story();
}

void try_with(std::string_view input, const HttpLimits& limits) {
  Conversation whole(limits);
  whole.feed(input);
  const std::string story = whole.story();
  for (const std::size_t longest : {std::size_t{1}, std::size_t{8}, input.size() + 1})
    expect(story_in_pieces(input, limits, longest) == story, "how the bytes are split makes no difference");
}

}  // namespace

void try_input(std::string_view input) {
  try_with(input, HttpLimits{});
  try_with(input, small_limits);
}

}  // namespace closelab::fuzz
