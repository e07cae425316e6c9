#include "server/lab/settings/query.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace closelab::lab {
namespace {

/// Nothing when a `%` is not followed by two hexadecimal digits.
std::optional<std::string> decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const std::string_view digits = text.substr(i + 1, 2);
    unsigned char byte = 0;
    const char* end = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16).ptr;
    if (end != digits.data() + 2) return std::nullopt;
    decoded += static_cast<char>(byte);
    i += 2;
  }
  return decoded;
}

}  // namespace

server::Parsed<Parameters> parse_query(std::string_view query) {
  Parameters parameters;
  while (!query.empty()) {
    const std::string_view piece = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(piece.size() + 1, query.size()));
    if (piece.empty()) continue;
    const std::size_t equals = std::min(piece.find('='), piece.size());
    const auto name = decode(piece.substr(0, equals));
    const auto value = decode(piece.substr(std::min(equals + 1, piece.size())));
    if (!name || !value)
      return server::refused<Parameters>(server::quoted(piece) + " has a \"%\" without two hexadecimal digits");
    parameters.emplace_back(*name, *value);
  }
  return {std::move(parameters)};
}

}  // namespace closelab::lab
