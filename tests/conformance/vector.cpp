#include "tests/conformance/vector.h"

#include <array>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace closelab::conformance {
namespace {

using Kind = Step::Kind;

std::string unescape(std::string_view text);

// `\(3:ab)` is ababab; there is no `)` within.
std::string repeat(std::string_view& rest) {
  const std::size_t colon = rest.find(':');
  const std::size_t end = rest.find(')');
  if (colon >= end || end == std::string_view::npos) throw std::runtime_error("\\( is \\(COUNT:TEXT)");
  const std::string piece = unescape(rest.substr(colon + 1, end - colon - 1));
  std::string all;
  for (std::size_t left = std::stoul(std::string(rest.substr(0, colon))); left > 0; --left) all += piece;
  rest.remove_prefix(end + 1);
  return all;
}

std::string hex_byte(std::string_view& rest) {
  const auto byte = static_cast<char>(std::stoul(std::string(rest.substr(0, 2)), nullptr, 16));
  rest.remove_prefix(2);
  return {byte};
}

std::string escape(std::string_view& rest) {
  if (rest.empty()) throw std::runtime_error("a \\ at the end");
  const char kind = rest.front();
  rest.remove_prefix(1);
  switch (kind) {
    case 'r':
      return "\r";
    case 'n':
      return "\n";
    case 't':
      return "\t";
    case 's':
      return " ";
    case '\\':
      return "\\";
    case 'x':
      return hex_byte(rest);
    case '(':
      return repeat(rest);
    default:
      throw std::runtime_error(std::string("no escape is called \\") + kind);
  }
}

std::string unescape(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    bytes += c == '\\' ? escape(text) : std::string(1, c);
  }
  return bytes;
}

// `200`, `200 GET / body`, `200 x1000`.
Step reply_step(std::string_view text) {
  std::istringstream words{std::string(text)};
  Step step{.kind = Kind::reply};
  std::string rest;
  if (!(words >> step.status)) throw std::runtime_error("< is a status, kept or FIN");
  std::getline(words >> std::ws, rest);
  if (rest.starts_with('x')) {
    step.count = std::stoul(rest.substr(1));
  } else {
    step.text = unescape(rest);
  }
  return step;
}

Step make_step(char mark, std::string_view text) {
  if (mark == '|') return {Kind::send, unescape(text) + "\r\n"};
  if (mark == '>') return {Kind::send, unescape(text)};
  if (mark == '!' && text == "FIN") return {Kind::fin};
  if (mark == '!' && text == "RST") return {Kind::reset};
  if (mark == '<' && text == "kept") return {Kind::kept};
  if (mark == '<' && text == "FIN") return {Kind::closed};
  if (mark == '<' && text == "idle FIN") return {Kind::closed, "idle"};
  if (mark == '<') return reply_step(text);
  throw std::runtime_error("! is FIN or RST");
}

// `400 FIN`, `200 200 kept`, `FIN`.
Alternative make_alternative(const std::string& text) {
  std::istringstream words(text);
  Alternative alternative;
  std::string word;
  while (words >> word && word != "kept" && word != "FIN") alternative.statuses.push_back(std::stoi(word));
  if (word != "kept" && word != "FIN") throw std::runtime_error("`or` ends with kept or FIN");
  alternative.kept = word == "kept";
  return alternative;
}

Vector make_vector(const std::string& line) {
  const std::size_t colon = line.find(": ");
  if (colon == std::string::npos) throw std::runtime_error("a vector begins with `id: rule`");
  return {.id = line.substr(0, colon),
          .place = {},
          .rule = line.substr(colon + 2),
          .why = {},
          .steps = {},
          .alternatives = {}};
}

/// What is sent without waiting for anything is one step, and arrives at once: in two, the server may or may not see
/// the first without the second.
void add_step(std::vector<Step>& steps, Step step) {
  if (!steps.empty() && steps.back().kind == Kind::send && step.kind == Kind::send) {
    steps.back().text += step.text;
  } else {
    steps.push_back(std::move(step));
  }
}

void add_line(Vector& vector, const std::string& line) {
  const std::size_t begin = line.find_first_not_of(' ');
  const std::string text = line.substr(begin);
  if (text.starts_with("or ")) {
    vector.alternatives.push_back(make_alternative(text.substr(3)));
  } else if (std::string_view("|>!<").find(text.front()) != std::string_view::npos) {
    add_step(vector.steps, make_step(text.front(), text.size() > 2 ? std::string_view(text).substr(2) : ""));
  } else {
    vector.why += (vector.why.empty() ? "" : " ") + text;
  }
}

void check_complete(const Vector& vector) {
  const Kind last = vector.steps.empty() ? Kind::send : vector.steps.back().kind;
  if (last != Kind::kept && last != Kind::closed && last != Kind::reset) {
    throw std::runtime_error(vector.id + " says not how the connection ends");
  }
  if (vector.why.empty()) throw std::runtime_error(vector.id + " says not why");
}

}  // namespace

std::vector<Vector> load_vectors(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  std::ifstream file(path);
  if (!file) throw std::runtime_error("can't read " + path);
  std::vector<Vector> vectors;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    try {
      if (line.empty() || line.front() == '#') continue;
      if (line.front() == ' ' && !vectors.empty()) {
        add_line(vectors.back(), line);
        continue;
      }
      if (!vectors.empty()) check_complete(vectors.back());
      vectors.push_back(make_vector(line));
      vectors.back().place = name + ':' + std::to_string(number);
    } catch (const std::exception& error) {
      throw std::runtime_error(name + ':' + std::to_string(number) + ": " + error.what());
    }
  }
  if (!vectors.empty()) check_complete(vectors.back());
  return vectors;
}

std::string bytes_of(const Vector& vector) {
  std::string bytes;
  for (const Step& step : vector.steps) {
    if (step.kind == Kind::send) bytes += step.text;
  }
  return bytes;
}

std::string escaped(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\r') {
      text += "\\r";
    } else if (c == '\n') {
      text += "\\n\n";
    } else if (byte < 0x20 || byte >= 0x7f) {
      text.append("\\x").append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace closelab::conformance
