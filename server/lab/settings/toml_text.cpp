#include "server/lab/settings/toml_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>

#include "server/lab/settings/usage_error.h"
#include "server/text/printable.h"

namespace closelab::lab {
namespace {

/// Goes over a TOML text and counts levels, knowing of TOML only where strings and comments begin and end. It recurses
/// nowhere. Where a text is no TOML the count means nothing, and the library, which comes after, says what is wrong.
class LevelCount {
 public:
  explicit LevelCount(std::string_view text) : text_(text) {}

  /// Where the text is first deeper than that.
  std::optional<std::size_t> deeper_than(std::size_t levels) {
    while (at_ < text_.size()) {
      count(text_[at_]);
      if (std::max(brackets_, dots_) > levels) return at_;
      skip();
    }
    return std::nullopt;
  }

 private:
  void count(char c) {
    if (c == '.') ++dots_;
    if (c == '[' || c == '{') ++brackets_;
    if ((c == ']' || c == '}') && brackets_ > 0) --brackets_;
    if (c == '\n' || c == '=' || c == ',') dots_ = 0;
  }

  void skip() {
    const char c = text_[at_];
    if (c == '#') return skip_to(text_.find('\n', at_));
    if (c != '"' && c != '\'') return skip_to(at_ + 1);
    const std::string three(3, c);
    if (text_.substr(at_, 3) == three) return skip_string(three);
    skip_string(std::string(1, c));
  }

  /// A string of one line that has no end ends with its line.
  void skip_string(std::string_view quotes) {
    at_ += quotes.size();
    while (at_ < text_.size() && text_.substr(at_, quotes.size()) != quotes) {
      if (text_[at_] == '\n' && quotes.size() == 1) return;
      at_ += text_[at_] == '\\' && quotes.front() == '"' ? 2 : 1;
    }
    skip_to(at_ + quotes.size());
  }

  void skip_to(std::size_t at) { at_ = std::min(at, text_.size()); }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t brackets_ = 0;
  std::size_t dots_ = 0;
};

std::string located(const std::string& file, std::size_t line, std::size_t column, std::string_view what) {
  return fmt::format("{}:{}:{}: {}", file, line, column, server::printable(what));
}

void refuse_depth(std::string_view text, const std::string& file) {
  const auto at = LevelCount(text).deeper_than(most_toml_levels);
  if (!at) return;
  const std::string_view before = text.substr(0, *at);
  const auto line = static_cast<std::size_t>(std::ranges::count(before, '\n')) + 1;
  const std::size_t column = before.size() - (before.rfind('\n') + 1) + 1;
  throw UsageError(located(file, line, column, fmt::format("this lies more than {} deep", most_toml_levels)));
}

}  // namespace

std::string read_toml_file(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  // A directory opens, but its first byte can't be read.
  if (in.is_open()) in.peek();
  if (!in.is_open() || in.bad()) throw UsageError(fmt::format("{}: {}", file, std::strerror(errno)));
  std::string text(most_toml_bytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > most_toml_bytes) throw UsageError(fmt::format("{}: is longer than 1 MiB", file));
  return text;
}

toml::table parse_toml(std::string_view text, const std::string& file) {
  refuse_depth(text, file);
  try {
    return toml::parse(text, file);
  } catch (const toml::parse_error& error) {
    const toml::source_position at = error.source().begin;
    throw UsageError(located(file, at.line, at.column, error.description()));
  }
}

}  // namespace closelab::lab
