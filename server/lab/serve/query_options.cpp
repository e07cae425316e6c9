#include "server/lab/serve/query_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "server/lab/serve/cors.h"
#include "server/lab/settings/query.h"
#include "server/lab/settings/settings.h"
#include "server/rules/rule_text.h"
#include "server/text/spelling.h"

namespace closelab::lab {
namespace {

using server::Parsed;
using server::refused;
using server::RuleKey;

/// Settings of the server that a query may change for its connection or response.
constexpr std::array<std::string_view, 3> setting_knobs{"idle_timeout", "keep_alive_timeout", "keep_alive_max"};

bool is_setting_knob(std::string_view name) { return std::ranges::find(setting_knobs, name) != setting_knobs.end(); }

/// A query belongs to its request, once.
bool is_rule_knob(const RuleKey& key) {
  return key.role != RuleKey::Role::place && key.name != "times" && key.reach == RuleKey::Reach::everybody;
}

/// Does nothing: it tells a tester's requests apart in records and logs.
constexpr std::string_view tag = "tag";

std::vector<std::string_view> all_options() {
  std::vector<std::string_view> names;
  for (const RuleKey& key : server::rule_schema())
    if (is_rule_knob(key)) names.push_back(key.name);
  names.insert(names.end(), setting_knobs.begin(), setting_knobs.end());
  names.push_back(tag);
  return names;
}

/// Why a rule's key is no query option.
std::string why_no_query_option(const RuleKey& key) {
  if (key.reach == RuleKey::Reach::operators)
    return fmt::format("{} is for rules in a conf file and --rule alone: it reads a file", key.name);
  return fmt::format("{} is for rules that stay: a query acts on its own request, once", key.name);
}

std::string unknown_option(std::string_view name) {
  return server::unknown_word("query option", name, all_options(), "none is like it");
}

/// In a query a `+` stands for a space, so that is what is left of `keep_alive_timeout=+5s`.
std::string with_plus(std::string value) {
  if (value.starts_with(' ')) value.front() = '+';
  return value;
}

/// `?stall` is `?stall=on`.
std::string with_on(const RuleKey& key, std::string value) {
  return server::is_switch(key.kind) && value.empty() ? "on" : std::move(value);
}

/// Takes the options of a query one after the other.
class KnobReader {
 public:
  KnobReader(const KeepAliveHints& hints, UnknownOptions unknown) : unknown_(unknown) {
    settings_.options.keep_alive = hints;
  }

  /// What is wrong with the option; empty when nothing is.
  std::string take(const std::string& name, std::string value) {
    if (is_setting_knob(name)) return set(name, with_plus(std::move(value)));
    if (name == tag) return "";
    const RuleKey* key = server::find_rule_key(name);
    const bool is_known = key != nullptr && is_rule_knob(*key);
    if (!is_known && unknown_ == UnknownOptions::ignored) return "";
    if (!is_known) return key != nullptr ? why_no_query_option(*key) : unknown_option(name);
    rule_.emplace_back(name, with_on(*key, std::move(value)));
    return "";
  }

  Parsed<QueryOptions> query_options() const {
    QueryOptions query;
    if (has("idle_timeout")) query.idle_timeout = settings_.options.timeouts.idle_timeout;
    if (has("keep_alive_timeout") || has("keep_alive_max")) query.keep_alive = settings_.options.keep_alive;
    if (rule_.empty()) return {query, ""};
    const server::ParsedRule rule = server::parse_rule(rule_, RuleKey::Reach::everybody);
    if (!rule) return refused<QueryOptions>(rule.error);
    if (rule.value.at.at == At::accept) return refused<QueryOptions>("at: \"accept\" is over when a request comes");
    query.rule = rule.value;
    return {query, ""};
  }

 private:
  bool has(std::string_view name) const { return std::ranges::find(set_, name) != set_.end(); }

  std::string set(const std::string& name, const std::string& value) {
    if (has(name)) return server::quoted(name) + " is given twice";
    set_.push_back(name);
    const std::string error = find_setting(name)->set(settings_, value);
    return error.empty() ? "" : fmt::format("{}: {}", name, error);
  }

  UnknownOptions unknown_;
  server::RuleEntries rule_;
  /// Only the settings that are query options are of interest.
  Settings settings_;
  std::vector<std::string> set_;
};

Response refuse(std::string_view what) {
  return {.status = 400,
          .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
          .body = fmt::format("{}\nThe query options are {}.\n", what, query_option_names())};
}

}  // namespace

std::string query_option_names() { return fmt::format("{}", fmt::join(all_options(), ", ")); }

Parsed<QueryOptions> parse_query_options(std::string_view query, const KeepAliveHints& hints, UnknownOptions unknown) {
  Parsed<Parameters> parameters = parse_query(query);
  if (!parameters) return refused<QueryOptions>(parameters.error);
  KnobReader reader(hints, unknown);
  for (auto& [name, value] : parameters.value) {
    const std::string error = reader.take(name, std::move(value));
    if (!error.empty()) return refused<QueryOptions>(error);
  }
  return reader.query_options();
}

UnknownOptions unknown_options_of(std::string_view path) {
  return path == "/echo" ? UnknownOptions::ignored : UnknownOptions::refused;
}

std::vector<Rule> rules_from_query(const Request& request) {
  if (request.query.empty()) return {};
  const Parsed<QueryOptions> query = parse_query_options(request.query, {}, unknown_options_of(request.path));
  if (!query || !query.value.rule) return {};
  return {*query.value.rule};
}

std::vector<Rule> rules_behind_preflight(const Request& request) {
  return is_preflight(request) ? std::vector<Rule>{} : rules_from_query(request);
}

Handler with_query_options(Handler handler, const KeepAliveHints& hints) {
  return [handler = std::move(handler), hints](const Request& request) {
    if (request.query.empty()) return handler(request);
    const Parsed<QueryOptions> query = parse_query_options(request.query, hints, unknown_options_of(request.path));
    if (!query) return refuse(query.error);
    Response response = handler(request);
    response.idle_timeout = query.value.idle_timeout;
    response.keep_alive = query.value.keep_alive;
    return response;
  };
}

}  // namespace closelab::lab
