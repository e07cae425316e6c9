#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "closelab/handler.h"
#include "closelab/options.h"
#include "closelab/rule.h"
#include "server/text/quantity.h"

/// Query options: `/bytes/1000?at=response_body:100&close=abortive&idle_timeout=200ms`, on every route of the lab.
namespace closelab::lab {

/// What a query asks for, beside what its route does.
struct QueryOptions {
  /// From the keys of a rule but for those that say which connection, request and path, and how often.
  std::optional<Rule> rule{};
  /// The connection's from now on.
  std::optional<std::chrono::milliseconds> idle_timeout{};
  /// What the response's Keep-Alive field says: `keep_alive_timeout`, `keep_alive_max`.
  std::optional<KeepAliveHints> keep_alive{};
};

/// What a query may hold beside options.
enum class UnknownOptions : std::uint8_t { refused, ignored };

/// /echo takes any query; elsewhere an option that is misspelt must not go unnoticed.
UnknownOptions unknown_options_of(std::string_view path);

/// Reads a query; `hints` is what holds for the part of the Keep-Alive field that the query leaves alone. The error
/// names the option, the value and what is allowed.
server::Parsed<QueryOptions> parse_query_options(std::string_view query, const KeepAliveHints& hints = {},
                                                 UnknownOptions unknown = UnknownOptions::refused);

/// `at, close, delay...`
std::string query_option_names();

/// The rule of a request's query, if it has one that makes sense: Options::rules_of_request.
std::vector<Rule> rules_from_query(const Request& request);
/// The same where preflights are answered: their query is that of the request to come, whose rule it is.
std::vector<Rule> rules_behind_preflight(const Request& request);

/// The handler, whose responses obey the query's options; a query that can't be understood is answered 400.
Handler with_query_options(Handler handler, const KeepAliveHints& hints);

}  // namespace closelab::lab
