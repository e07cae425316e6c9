// What the vectors prove about the parser alone: its answer does not depend on how the bytes are split, and the parts
// of a message are what stands there, whatever a release of llhttp makes of it.

#include <doctest/doctest.h>

#include <filesystem>
#include <random>
#include <string>

#include "http/characters.h"
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

/// The first message's parts, compared with the simplest reading of its lines.
void check_parts(RequestParser& parser, std::string_view text) {
  parser.reset();
  const RequestParser::Event event = parser.feed(text).event;
  if (event != RequestParser::Event::head && event != RequestParser::Event::message) return;
  const auto take_line = [&text] {
    const std::string_view line = text.substr(0, text.find("\r\n"));
    text.remove_prefix(line.size() + 2);
    return line;
  };
  while (text.starts_with("\r\n")) text.remove_prefix(2);
  const RequestMessage& message = parser.message();
  const std::string start = std::string(message.method) + ' ' + std::string(message.target) + " HTTP/1.";
  CHECK(take_line().starts_with(start));
  for (const FieldView& field : message.fields) {
    const std::string_view line = take_line();
    const std::size_t colon = line.find(':');
    CHECK(field.name == line.substr(0, colon));
    CHECK(field.value == http::trim(line.substr(colon + 1)));
  }
  CHECK(text.starts_with("\r\n"));
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

TEST_CASE("vectors and their mutations: however they are split, and line by line as they stand there") {
  std::mt19937 random(20240229);
  RequestParser parser{HttpLimits{}};
  for (const std::string& text : texts()) {
    if (text.empty()) continue;
    std::string mutated = text;
    for (int i = 0; i < mutations; ++i) {
      CAPTURE(escaped(mutated));
      CHECK(byte_by_byte(parser, mutated) == story_of(parser, mutated, mutated.size() / 2));
      check_parts(parser, mutated);
      if (i % 4 == 0) mutated = text;
      mutate(mutated, random);
    }
  }
}

}  // namespace
}  // namespace closelab::conformance
