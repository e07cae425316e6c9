#include "server/text/quantity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <span>
#include <utility>

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
constexpr std::uint64_t longest_count = milliseconds(std::chrono::hours(24)).count();

constexpr const char* nothing_given = "nothing is given where a number belongs";

/// `.5` for `0.5`.
bool lacks_zero(std::string_view text) { return text.size() > 1 && text[0] == '.' && text[1] >= '0' && text[1] <= '9'; }

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

/// What stands after a decimal point: `.25` is 25 of 100.
struct Fraction {
  std::uint64_t digits = 0;
  std::uint64_t power_of_ten = 1;
};

/// Cuts it off `text`; without a decimal point it is zero. An hour has 3,600,000 ms: more digits are never needed.
Parsed<Fraction> take_fraction(std::string_view& text, std::string_view whole) {
  constexpr std::size_t most_digits = 9;
  if (!text.starts_with('.')) return {};
  text.remove_prefix(1);
  const std::size_t length = std::min(text.find_first_not_of("0123456789"), text.size());
  if (length == 0 || length > most_digits) return refused<Fraction>(quoted(whole) + " is not a number");
  Fraction fraction;
  for (const char digit : text.substr(0, length)) {
    fraction.digits = fraction.digits * 10 + static_cast<std::uint64_t>(digit - '0');
    fraction.power_of_ten *= 10;
  }
  text.remove_prefix(length);
  return {fraction};
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

std::string with_form(std::string error, std::string_view form) {
  return error.empty() ? error : std::move(error) + "; it is written " + std::string(form);
}

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
  if (lacks_zero(text))
    return refused<milliseconds>(quoted(text) + " has no digit before the point; write 0" + printable(text));
  std::string_view unit = text;
  const Parsed<std::uint64_t> number = take_number(unit, text);
  if (!number) return refused<milliseconds>(number.error);
  const Parsed<Fraction> fraction = take_fraction(unit, text);
  if (!fraction) return refused<milliseconds>(fraction.error);
  if (unit.empty() && text == "0") return {milliseconds(0)};
  if (unit.empty()) {
    const std::string bare = printable(text);
    return refused<milliseconds>(quoted(text) + " has no unit; write " + bare + "s for seconds or " + bare + "ms");
  }
  const Parsed<std::uint64_t> whole = multiply(number.value, unit, duration_units, text);
  if (!whole) return refused<milliseconds>(whole.error);
  const std::uint64_t parts = multiply(fraction.value.digits, unit, duration_units, text).value;
  if (parts % fraction.value.power_of_ten != 0)
    return refused<milliseconds>(quoted(text) + " is not a whole number of milliseconds");
  const std::uint64_t count = whole.value + parts / fraction.value.power_of_ten;
  if (whole.value > longest_count || count > longest_count)
    return refused<milliseconds>(quoted(text) + " is too long; the longest duration is 24h");
  return {milliseconds(static_cast<milliseconds::rep>(count))};
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
