#pragma once

#include <string_view>

namespace closelab::http {

/// What the Connection fields of one message say about persistence (RFC 9110 §7.6.1).
struct ConnectionTokens {
  bool close = false;
  bool keep_alive = false;

  friend bool operator==(const ConnectionTokens&, const ConnectionTokens&) = default;
};

/// Adds what the value of one Connection field says.
void collect_connection_options(ConnectionTokens& tokens, std::string_view value);

/// Adds what one field line says; a field that is not Connection adds nothing.
void collect_connection_tokens(ConnectionTokens& tokens, std::string_view name, std::string_view value);

/// Every token of every Connection field line of a message, for lists of Field and of FieldView.
/// Both flags may be set; which one counts is decide_persistence's matter.
template <typename Fields>
ConnectionTokens collect_connection_tokens(const Fields& fields) {
  ConnectionTokens tokens;
  for (const auto& field : fields) collect_connection_tokens(tokens, field.name, field.value);
  return tokens;
}

}  // namespace closelab::http
