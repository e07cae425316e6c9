// What the vectors prove about the parser alone: its answer does not depend on how the bytes are split, and all of it
// is decided by our own rules, so that no release of llhttp makes a difference.

#include <doctest/doctest.h>

#include <filesystem>
#include <random>
#include <string>

#include "http/request_parser.h"
#include "tests/conformance/vector.h"
#include "tests/where.h"

namespace closelab::conformance {
namespace {

using http::RequestParser;

// Longer ones are about amounts.
constexpr std::size_t longest_split = 1000;
constexpr int mutations = 40;

std::vector<std::string> texts() {
  std::vector<std::string> all;
  for (const auto& file : std::filesystem::directory_iterator(CLOSELAB_SOURCE_DIR "/tests/conformance/vectors")) {
    for (const Vector& vector : load_vectors(file.path())) {
      if (bytes_of(vector).size() <= longest_split) all.push_back(bytes_of(vector));
    }
  }
  return all;
}

/// Everything that the parser says of a stream of requests.
class Story {
 public:
  explicit Story(RequestParser& parser) : parser_(parser) { parser_.reset(); }

  void feed(std::string_view bytes) {
    while (!bytes.empty() && !over_) {
      const RequestParser::Step step = parser_.feed(bytes);
      bytes.remove_prefix(step.consumed);
      consumed_ += step.consumed;
      if (step.event == RequestParser::Event::message) add_message();
      over_ = step.event == RequestParser::Event::error;
    }
  }

  std::string text() const {
    const http::ParseError& error = parser_.error();
    return text_ + std::to_string(error.status) + ' ' + error.text + " after " + std::to_string(consumed_) + '\n' +
           std::string(parser_.message().method) + ' ' + std::string(parser_.message().target);
  }
  bool decided_by_llhttp() const { return parser_.error().fault == http::Refusal::malformed; }

 private:
  void add_message() {
    const RequestMessage& message = parser_.message();
    text_ += std::string(message.method) + ' ' + std::string(message.target) + ' ' +
             std::string(to_string(message.version)) + '\n';
    for (const FieldView& field : message.fields) {
      text_ += std::string(field.name) + ": " + std::string(field.value) + '\n';
    }
    text_ += std::string(message.body) + '\n';
    parser_.reset();
  }

  RequestParser& parser_;
  std::string text_;
  std::size_t consumed_ = 0;
  bool over_ = false;
};

std::string story_of(RequestParser& parser, std::string_view bytes, std::size_t split) {
  Story story(parser);
  story.feed(bytes.substr(0, split));
  story.feed(bytes.substr(split));
  return story.text();
}

std::string byte_by_byte(RequestParser& parser, std::string_view bytes) {
  Story story(parser);
  for (std::size_t at = 0; at < bytes.size(); ++at) story.feed(bytes.substr(at, 1));
  return story.text();
}

/// Replaces, inserts or removes one byte, preferably one that matters somewhere.
void mutate(std::string& text, std::mt19937& random) {
  using namespace std::string_view_literals;
  constexpr std::string_view interesting = "\r\n\t :;,=\"\0\x0b\x7f\x80\xff#*/[]@%+-0123456789aAfFxX"sv;
  const auto below = [&random](std::size_t limit) { return random() % limit; };
  const char c = below(4) == 0 ? static_cast<char>(below(256)) : interesting[below(interesting.size())];
  const std::size_t at = below(text.size());
  switch (below(3)) {
    case 0:
      text[at] = c;
      break;
    case 1:
      text.insert(at, 1, c);
      break;
    default:
      text.erase(at, 1);
  }
  if (text.empty()) text = "x";
}

TEST_CASE("vectors, split at every byte") {
  RequestParser parser{HttpLimits{}};
  for (const std::string& text : texts()) {
    CAPTURE(escaped(text));
    const std::string whole = story_of(parser, text, 0);
    CHECK(byte_by_byte(parser, text) == whole);
    for (std::size_t at = 1; at < text.size(); ++at) {
      CAPTURE(at);
      CHECK(story_of(parser, text, at) == whole);
    }
  }
}

TEST_CASE("vectors and their mutations: llhttp has no say") {
  std::mt19937 random(20240229);
  RequestParser parser{HttpLimits{}};
  for (const std::string& text : texts()) {
    if (text.empty()) continue;
    std::string mutated = text;
    for (int i = 0; i < mutations; ++i) {
      CAPTURE(escaped(mutated));
      Story story(parser);
      story.feed(mutated);
      CHECK_FALSE(story.decided_by_llhttp());
      CHECK(byte_by_byte(parser, mutated) == story_of(parser, mutated, mutated.size() / 2));
      if (i % 4 == 0) mutated = text;
      mutate(mutated, random);
    }
  }
}

}  // namespace
}  // namespace closelab::conformance
