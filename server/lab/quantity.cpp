#include "server/lab/quantity.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <iterator>
#include <limits>
#include <span>

namespace closelab::lab {
namespace {

using std::chrono::milliseconds;

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array duration_units{Unit{"ms", 1}, Unit{"s", 1000}, Unit{"m", 60'000}, Unit{"h", 3'600'000}};
constexpr std::array size_units{Unit{"B", 1}, Unit{"KiB", 1 << 10}, Unit{"MiB", 1 << 20}, Unit{"GiB", 1 << 30}};
constexpr milliseconds longest = std::chrono::hours(24);

/// Cuts the leading number off `text` and leaves the unit there.
Parsed<std::uint64_t> take_number(std::string_view& text, std::string_view whole) {
  if (text.empty()) return refused<std::uint64_t>("nothing is given where a number belongs");
  if (text.front() == '-') return refused<std::uint64_t>(fmt::format("\"{}\" is negative", whole));
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) return refused<std::uint64_t>(fmt::format("\"{}\" is too large", whole));
  if (error != std::errc{}) return refused<std::uint64_t>(fmt::format("\"{}\" is not a number", whole));
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return {number};
}

Parsed<std::uint64_t> multiply(std::uint64_t number, std::string_view unit, std::span<const Unit> units,
                               std::string_view whole) {
  std::string names;
  for (const Unit& known : units) {
    if (known.name == unit) {
      if (number > std::numeric_limits<std::uint64_t>::max() / known.factor)
        return refused<std::uint64_t>(fmt::format("\"{}\" is too large", whole));
      return {number * known.factor};
    }
    fmt::format_to(std::back_inserter(names), "{}{}", names.empty() ? "" : ", ", known.name);
  }
  return refused<std::uint64_t>(
      fmt::format("\"{}\" has the unknown unit \"{}\"; the units are {}", whole, unit, names));
}

const Unit& largest_exact(std::uint64_t number, std::span<const Unit> units) {
  const Unit* best = &units.front();
  for (const Unit& unit : units)
    if (number != 0 && number % unit.factor == 0) best = &unit;
  return *best;
}

}  // namespace

Parsed<std::uint64_t> parse_number(std::string_view text) {
  std::string_view rest = text;
  Parsed<std::uint64_t> number = take_number(rest, text);
  if (number && !rest.empty()) return refused<std::uint64_t>(fmt::format("\"{}\" is not a whole number", text));
  return number;
}

Parsed<milliseconds> parse_duration(std::string_view text) {
  std::string_view unit = text;
  const Parsed<std::uint64_t> number = take_number(unit, text);
  if (!number) return refused<milliseconds>(number.error);
  if (unit.empty())
    return refused<milliseconds>(fmt::format("\"{0}\" has no unit; write {0}s for seconds or {0}ms", number.value));
  const Parsed<std::uint64_t> count = multiply(number.value, unit, duration_units, text);
  if (!count) return refused<milliseconds>(count.error);
  if (count.value > static_cast<std::uint64_t>(longest.count()))
    return refused<milliseconds>(fmt::format("\"{}\" is too long; the longest duration is 24h", text));
  return {milliseconds(static_cast<milliseconds::rep>(count.value))};
}

std::string format_duration(milliseconds duration) {
  const auto count = static_cast<std::uint64_t>(duration.count());
  const Unit& unit = count == 0 ? duration_units[1] : largest_exact(count, duration_units);
  return fmt::format("{}{}", count / unit.factor, unit.name);
}

Parsed<std::uint64_t> parse_size(std::string_view text) {
  std::string_view unit = text;
  const Parsed<std::uint64_t> number = take_number(unit, text);
  if (!number || unit.empty()) return number;
  return multiply(number.value, unit, size_units, text);
}

std::string format_size(std::uint64_t bytes) {
  const Unit& unit = largest_exact(bytes, size_units);
  return unit.factor == 1 ? fmt::format("{}", bytes) : fmt::format("{}{}", bytes / unit.factor, unit.name);
}

}  // namespace closelab::lab
