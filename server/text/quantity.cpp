#include "server/text/quantity.h"

#include <array>
#include <charconv>
#include <limits>
#include <span>

#include "server/text/printable.h"

namespace closelab::server {
namespace {

using std::chrono::milliseconds;

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array duration_units{Unit{"ms", 1}, Unit{"s", 1000}, Unit{"m", 60'000}, Unit{"h", 3'600'000}};
constexpr std::array size_units{Unit{"B", 1}, Unit{"KiB", 1 << 10}, Unit{"MiB", 1 << 20}, Unit{"GiB", 1 << 30}};
constexpr milliseconds longest = std::chrono::hours(24);

constexpr const char* nothing_given = "nothing is given where a number belongs";

/// Cuts the leading number off `text` and leaves the unit there.
Parsed<std::uint64_t> take_number(std::string_view& text, std::string_view whole) {
  if (text.empty()) return refused<std::uint64_t>(nothing_given);
  if (text.front() == '-') return refused<std::uint64_t>(quoted(whole) + " is negative");
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) return refused<std::uint64_t>(quoted(whole) + " is too large");
  if (error != std::errc{}) return refused<std::uint64_t>(quoted(whole) + " is not a number");
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return {number};
}

Parsed<std::uint64_t> multiply(std::uint64_t number, std::string_view unit, std::span<const Unit> units,
                               std::string_view whole) {
  std::string names;
  for (const Unit& known : units) {
    if (known.name == unit) {
      if (number > std::numeric_limits<std::uint64_t>::max() / known.factor)
        return refused<std::uint64_t>(quoted(whole) + " is too large");
      return {number * known.factor};
    }
    names += (names.empty() ? "" : ", ") + std::string(known.name);
  }
  return refused<std::uint64_t>(quoted(whole) + " has the unknown unit " + quoted(unit) + "; the units are " + names);
}

const Unit& largest_exact(std::uint64_t number, std::span<const Unit> units) {
  const Unit* best = &units.front();
  for (const Unit& unit : units)
    if (number != 0 && number % unit.factor == 0) best = &unit;
  return *best;
}

std::string in_unit(std::uint64_t count, const Unit& unit) {
  return std::to_string(count / unit.factor) + std::string(unit.name);
}

}  // namespace

std::string quoted(std::string_view text) { return '"' + printable(text) + '"'; }

Parsed<std::uint64_t> parse_number(std::string_view text) {
  std::string_view rest = text;
  Parsed<std::uint64_t> number = take_number(rest, text);
  if (number && !rest.empty()) return refused<std::uint64_t>(quoted(text) + " is not a whole number");
  return number;
}

Parsed<double> parse_probability(std::string_view text) {
  if (text.empty()) return refused<double>(nothing_given);
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number);
  if (result.ec != std::errc{} || result.ptr != end) return refused<double>(quoted(text) + " is not a number");
  // Written so that NaN is refused, too.
  if (!(number >= 0 && number <= 1)) return refused<double>(quoted(text) + " is not a number from 0 to 1");
  return {number};
}

std::string format_probability(double probability) {
  std::array<char, 32> text{};
  const auto result = std::to_chars(text.data(), text.data() + text.size(), probability);
  return {text.data(), result.ptr};
}

Parsed<milliseconds> parse_duration(std::string_view text) {
  std::string_view unit = text;
  const Parsed<std::uint64_t> number = take_number(unit, text);
  if (!number) return refused<milliseconds>(number.error);
  if (unit.empty()) {
    const std::string bare = std::to_string(number.value);
    return refused<milliseconds>(quoted(bare) + " has no unit; write " + bare + "s for seconds or " + bare + "ms");
  }
  const Parsed<std::uint64_t> count = multiply(number.value, unit, duration_units, text);
  if (!count) return refused<milliseconds>(count.error);
  if (count.value > static_cast<std::uint64_t>(longest.count()))
    return refused<milliseconds>(quoted(text) + " is too long; the longest duration is 24h");
  return {milliseconds(static_cast<milliseconds::rep>(count.value))};
}

std::string format_duration(milliseconds duration) {
  const auto count = static_cast<std::uint64_t>(duration.count());
  return in_unit(count, count == 0 ? duration_units[1] : largest_exact(count, duration_units));
}

Parsed<std::uint64_t> parse_size(std::string_view text) {
  std::string_view unit = text;
  Parsed<std::uint64_t> number = take_number(unit, text);
  if (!number || unit.empty()) return number;
  return multiply(number.value, unit, size_units, text);
}

std::string format_size(std::uint64_t bytes) {
  const Unit& unit = largest_exact(bytes, size_units);
  return unit.factor == 1 ? std::to_string(bytes) : in_unit(bytes, unit);
}

}  // namespace closelab::server
