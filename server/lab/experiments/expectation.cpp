#include "server/lab/experiments/expectation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <utility>

#include "closelab/tcp_state.h"
#include "server/text/quantity.h"
#include "server/text/spelling.h"

namespace closelab::lab {
namespace {

using Relation = Expectation::Relation;

constexpr std::array<std::pair<std::string_view, Relation>, 7> relations{{
    {"=", Relation::equal},
    {"!=", Relation::not_equal},
    {"<", Relation::less},
    {"<=", Relation::at_most},
    {">", Relation::more},
    {">=", Relation::at_least},
    {"has", Relation::has},
}};

const std::vector<std::string_view> sides{"server", "client", "both", "undetermined"};
const std::vector<std::string_view> holders{"server", "client", "both", "none"};
const std::vector<std::string_view> means{"fin", "rst", "undetermined"};
const std::vector<std::string_view> resetters{"none", "server", "client"};
const std::vector<std::string_view> endings{"eof", "reset", "timeout", "none"};
/// What the calls of a play can end with.
const std::vector<std::string_view> results{
    "ok",           "timeout",      "EADDRINUSE", "EADDRNOTAVAIL", "ECONNREFUSED", "ECONNRESET",
    "ECONNABORTED", "EHOSTUNREACH", "EINVAL",     "EPIPE",         "ETIMEDOUT",    "ENOTCONN",
};

struct Parts {
  std::vector<std::string> words;

  explicit Parts(std::string_view text) {
    std::istringstream in{std::string(text)};
    for (std::string word; in >> word;) words.push_back(word);
  }
};

/// `time_wait` of `time_wait.server`; the name itself without a dot.
std::pair<std::string_view, std::string_view> split(std::string_view name) {
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return {name, {}};
  return {name.substr(0, dot), name.substr(dot + 1)};
}

bool is_side(std::string_view word) { return word == "server" || word == "client"; }

/// Reads the value that the name is compared with; returns what is wrong with it.
std::string read_value(const Meaning& what, Expectation& to) {
  const std::string& value = to.value.text;
  const bool ordered = to.relation != Relation::equal && to.relation != Relation::not_equal;
  switch (what.kind) {
    case Meaning::Kind::number:
    case Meaning::Kind::size: {
      const auto parsed = what.kind == Meaning::Kind::size ? server::parse_size(value) : server::parse_number(value);
      to.value.number = static_cast<double>(parsed.value);
      return parsed.error;
    }
    case Meaning::Kind::time: {
      const auto parsed = server::parse_duration(value);
      to.value.number = static_cast<double>(parsed.value.count());
      return parsed.error;
    }
    case Meaning::Kind::states: {
      const auto state = parse_tcp_state(value);
      if (!state) return fmt::format("\"{}\" is no TCP state", value);
      to.value.text = to_string(*state);
      return ordered && to.relation != Relation::has ? "states are compared with =, != or has" : "";
    }
    default:
      if (std::ranges::find(what.words, value) == what.words.end())
        return fmt::format("{} can't be \"{}\", but {}", to.name, value, fmt::join(what.words, ", "));
      return ordered ? fmt::format("{} is compared with = or !=", to.name) : "";
  }
}

}  // namespace

Meaning Vocabulary::meaning(std::string_view name) const {
  static const std::vector<std::pair<std::string_view, Meaning>> plain{
      {"closed_first", {Meaning::Kind::word, sides}},
      {"closed_by", {Meaning::Kind::word, means}},
      {"reset_by", {Meaning::Kind::word, resetters}},
      {"time_wait", {Meaning::Kind::word, holders}},
      {"connections", {Meaning::Kind::number}},
      {"segments", {Meaning::Kind::number}},
      {"segments.in_datagram", {Meaning::Kind::number}},
      {"netstat.lines", {Meaning::Kind::number}},
      {"resets", {Meaning::Kind::number}},
      {"handshake.segments", {Meaning::Kind::number}},
      {"close.segments", {Meaning::Kind::number}},
      {"close.segments.least", {Meaning::Kind::number}},
      {"network.fitting", {Meaning::Kind::number}},
      {"server.result", {Meaning::Kind::word, results}},
      {"server.took", {Meaning::Kind::time}},
  };
  static const std::vector<std::pair<std::string_view, Meaning>> of_side{
      {"time_wait", {Meaning::Kind::number}},    {"time_wait_left", {Meaning::Kind::time}},
      {"closed_first", {Meaning::Kind::number}}, {"fins", {Meaning::Kind::number}},
      {"states", {Meaning::Kind::states}},
  };
  static const std::vector<std::pair<std::string_view, Meaning>> of_actor{
      {"result", {Meaning::Kind::word, results}}, {"took", {Meaning::Kind::time}},
      {"connected", {Meaning::Kind::number}},     {"received", {Meaning::Kind::size}},
      {"responses", {Meaning::Kind::number}},     {"incomplete", {Meaning::Kind::number}},
      {"end", {Meaning::Kind::word, endings}},    {"state", {Meaning::Kind::states}},
      {"peer_state", {Meaning::Kind::states}},    {"foreign", {Meaning::Kind::size}},
  };
  const auto find = [](const auto& list, std::string_view key) {
    const auto found = std::ranges::find(list, key, &std::pair<std::string_view, Meaning>::first);
    return found == list.end() ? Meaning{} : found->second;
  };
  if (Meaning found = find(plain, name); found.kind != Meaning::Kind::unknown) return found;
  const auto [first, second] = split(name);
  if (is_side(second)) {
    if (Meaning found = find(of_side, first); found.kind != Meaning::Kind::unknown) return found;
  }
  if (first == "sock_diag" || first == "netstat")
    return {parse_tcp_state(second) ? Meaning::Kind::number : Meaning::Kind::unknown};
  if (first == "kernel") return {second.empty() ? Meaning::Kind::unknown : Meaning::Kind::number};
  if (std::ranges::find(actors_, first) != actors_.end()) return find(of_actor, second);
  return {};
}

std::string Vocabulary::unknown_name(std::string_view name) const {
  std::vector<std::string> names{"closed_first", "closed_by", "reset_by", "time_wait", "connections", "resets"};
  for (const char* of_side : {"time_wait", "time_wait_left", "closed_first", "fins", "states"})
    for (const char* side : {"server", "client"}) names.push_back(fmt::format("{}.{}", of_side, side));
  for (const std::string& actor : actors_)
    for (const char* field : {"result", "took", "connected", "received", "responses", "incomplete", "end", "state"})
      names.push_back(fmt::format("{}.{}", actor, field));
  return server::unknown_word("observation", name, {names.begin(), names.end()},
                              "docs/experiments.md lists what can be observed");
}

Expectation Vocabulary::parse(std::string_view text, std::string& error) const {
  return parse_expectation(text,
                           {.meaning = [this](std::string_view name) { return meaning(name); },
                            .unknown = [this](std::string_view name) { return unknown_name(name); }},
                           error);
}

Expectation parse_expectation(std::string_view text, const ObservationNames& names, std::string& error) {
  Expectation result{.text = std::string(text)};
  const Parts parts(text);
  if (parts.words.size() != 3) {
    error = fmt::format("\"{}\" is not NAME = VALUE", text);
    return result;
  }
  result.name = parts.words[0];
  const std::string& value = parts.words[2];
  const Meaning what = names.meaning(result.name);
  if (what.kind == Meaning::Kind::unknown) error = names.unknown(result.name);
  const auto relation = std::ranges::find(relations, parts.words[1], &std::pair<std::string_view, Relation>::first);
  if (relation == relations.end()) {
    error = fmt::format("\"{}\" is none of = != < <= > >= has", parts.words[1]);
    return result;
  }
  result.relation = relation->second;
  result.value.text = value;
  result.of_observation = names.meaning(value).kind != Meaning::Kind::unknown;
  if (error.empty() && !result.of_observation) error = read_value(what, result);
  return result;
}

std::optional<bool> holds(const Expectation& expectation, const Observations& seen) {
  const auto found = seen.find(expectation.name);
  if (found == seen.end()) return std::nullopt;
  Observation expected = expectation.value;
  if (expectation.of_observation) {
    const auto other = seen.find(expected.text);
    if (other == seen.end()) return std::nullopt;
    expected = other->second;
  }
  const Observation& actual = found->second;
  const bool numeric = actual.number && expected.number;
  const bool equal = numeric ? *actual.number == *expected.number : actual.text == expected.text;
  const double a = actual.number.value_or(0);
  const double b = expected.number.value_or(0);
  switch (expectation.relation) {
    case Relation::equal:
      return equal;
    case Relation::not_equal:
      return !equal;
    case Relation::less:
      return numeric && a < b;
    case Relation::at_most:
      return numeric && a <= b;
    case Relation::more:
      return numeric && a > b;
    case Relation::at_least:
      return numeric && a >= b;
    case Relation::has:
      if (std::ranges::count(Parts(actual.text).words, expected.text) > 0) return true;
      return actual.doubt.empty() ? std::optional(false) : std::nullopt;
  }
  return std::nullopt;
}

std::string seen_text(const Expectation& expectation, const Observations& seen) {
  const auto found = seen.find(expectation.name);
  if (found == seen.end()) return std::string(not_seen);
  const Observation& one = found->second;
  return one.doubt.empty() || holds(expectation, seen) ? one.text : fmt::format("{} ({})", one.text, one.doubt);
}

Observation observed(std::string text) { return {.text = std::move(text)}; }

Observation observed_number(double number) { return {.text = fmt::format("{:.0f}", number), .number = number}; }

Observation observed_time(double milliseconds) {
  const bool short_time = milliseconds < 1000;
  return {.text = short_time ? fmt::format("{:.1f} ms", milliseconds) : fmt::format("{:.2f} s", milliseconds / 1000),
          .number = milliseconds};
}

}  // namespace closelab::lab
