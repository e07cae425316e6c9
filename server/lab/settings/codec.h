#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "closelab/close_mode.h"
#include "closelab/keep_alive.h"
#include "closelab/switch.h"
#include "server/lab/settings/settings.h"
#include "server/text/quantity.h"

/// How the values of settings are written.
namespace closelab::lab {

using server::Parsed;
using server::refused;

/// Turns a text into a value and back.
template <class Value>
struct Codec {
  Kind kind;
  /// What stands for the value in help: `DURATION`.
  std::string placeholder;
  std::function<Parsed<Value>(std::string_view)> parse;
  std::function<std::string(const Value&)> format;
  Arity arity = Arity::one;
};

Codec<Switch> on_off();
Codec<CloseMode> close_mode();
Codec<std::string> address();
Codec<std::string> file_name();

/// Names of hosts, without ports, joined by commas.
Codec<std::vector<std::string>> host_names();

/// `auto`, `off`, or a port.
Codec<AdminPort> admin_port();

/// A timeout that `off` makes so long (a year) that it never fires.
Codec<std::chrono::milliseconds> timeout();

/// `enforced`, `off`, a duration, or an offset: `+5s`, `-1s`.
Codec<Advertised<std::chrono::milliseconds>> advertised_duration();
/// `enforced`, `off`, a number, or an offset: `+3`, `-1`.
Codec<Advertised<std::int64_t>> advertised_number();

/// Off could be none or no bound.
std::string no_off(std::chrono::milliseconds least, std::chrono::milliseconds most);

template <class Number>
Codec<Number> number(std::uint64_t least, std::uint64_t most = std::numeric_limits<Number>::max(),
                     std::string placeholder = "N") {
  const auto parse = [=](std::string_view text) {
    const Parsed<std::uint64_t> parsed = server::parse_number(text);
    if (!parsed) return refused<Number>(parsed.error);
    if (parsed.value < least) return refused<Number>(fmt::format("{} is less than {}", parsed.value, least));
    if (parsed.value > most) return refused<Number>(fmt::format("{} is more than {}", parsed.value, most));
    return Parsed<Number>{static_cast<Number>(parsed.value), ""};
  };
  return {Kind::number, std::move(placeholder), parse, [](const Number& value) { return fmt::format("{}", value); }};
}

template <class Number>
Codec<Number> size(std::uint64_t least) {
  const auto parse = [=](std::string_view text) {
    if (text == "off") return refused<Number>("can't be off; write a number of bytes, such as 64KiB");
    const Parsed<std::uint64_t> parsed = server::parse_size(text);
    if (!parsed) return refused<Number>(parsed.error);
    if (parsed.value < least) return refused<Number>(fmt::format("{} is less than {}", parsed.value, least));
    return Parsed<Number>{static_cast<Number>(parsed.value), ""};
  };
  return {Kind::text, "SIZE", parse, [](const Number& value) { return server::format_size(value); }};
}

template <class Duration>
Codec<Duration> duration(Duration least, Duration most = std::chrono::hours(24)) {
  const auto parse = [=](std::string_view text) {
    if (text == "off") return refused<Duration>(no_off(least, most));
    const Parsed<std::chrono::milliseconds> parsed = server::parse_duration(text);
    if (!parsed) return refused<Duration>(parsed.error);
    const auto whole = std::chrono::duration_cast<Duration>(parsed.value);
    if (whole != parsed.value) return refused<Duration>(fmt::format("\"{}\" is not a whole number of seconds", text));
    if (whole < least)
      return refused<Duration>(fmt::format("{} is less than {}", text, server::format_duration(least)));
    if (whole > most) return refused<Duration>(fmt::format("{} is more than {}", text, server::format_duration(most)));
    return Parsed<Duration>{whole, ""};
  };
  return {Kind::text, "DURATION", parse, [](const Duration& value) { return server::format_duration(value); }};
}

template <class Enum>
using Names = std::vector<std::pair<std::string_view, Enum>>;

template <class Enum>
Codec<Enum> name_of(const Names<Enum>& names) {
  std::string list;
  for (const auto& [name, value] : names) list += (list.empty() ? "" : "|") + std::string(name);
  const auto parse = [=](std::string_view text) {
    for (const auto& [name, value] : names)
      if (name == text) return Parsed<Enum>{value, ""};
    return refused<Enum>(fmt::format("{} is none of {}", server::quoted(text), list));
  };
  const auto format = [=](const Enum& value) {
    return std::string(std::ranges::find(names, value, &std::pair<std::string_view, Enum>::second)->first);
  };
  return {Kind::text, list, parse, format};
}

/// A value that the word unsets.
template <class Value>
Codec<std::optional<Value>> or_unset(std::string_view word, const Codec<Value>& inner) {
  using Optional = std::optional<Value>;
  const auto parse = [=](std::string_view text) {
    if (text == word) return Parsed<Optional>{};
    const Parsed<Value> parsed = inner.parse(text);
    return parsed ? Parsed<Optional>{parsed.value, ""}
                  : refused<Optional>(fmt::format("{}; or write {}", parsed.error, word));
  };
  const auto format = [=](const Optional& value) { return value ? inner.format(*value) : std::string(word); };
  return {inner.kind, fmt::format("{}|{}", inner.placeholder, word), parse, format};
}

template <class Value>
Codec<std::optional<Value>> or_off(const Codec<Value>& inner) {
  return or_unset("off", inner);
}

}  // namespace closelab::lab
