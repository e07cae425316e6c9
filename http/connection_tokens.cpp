#include "http/connection_tokens.h"

#include "http/characters.h"

namespace closelab::http {

void collect_connection_options(ConnectionTokens& tokens, std::string_view value) {
  for_each_element(value, [&tokens](std::string_view option) {
    if (equals_ignoring_case(option, "close")) tokens.close = true;
    if (equals_ignoring_case(option, "keep-alive")) tokens.keep_alive = true;
  });
}

void collect_connection_tokens(ConnectionTokens& tokens, std::string_view name, std::string_view value) {
  if (equals_ignoring_case(name, "connection")) collect_connection_options(tokens, value);
}

}  // namespace closelab::http
