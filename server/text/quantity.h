#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

/// Quantities as people write them: `200ms`, `5s`, `64KiB`.
namespace closelab::server {

/// What reading a text gave: a value, or an error that says what is wrong with the text.
template <class Value>
struct Parsed {
  Value value{};
  std::string error{};

  explicit operator bool() const { return error.empty(); }
};

template <class Value>
Parsed<Value> refused(std::string error) {
  return {.error = std::move(error)};
}

/// What is wrong with a part of a value, and how the whole is written; empty when nothing is.
std::string with_form(std::string error, std::string_view form);

/// A whole number without sign.
Parsed<std::uint64_t> parse_number(std::string_view text);

/// A number from 0 to 1.
Parsed<double> parse_probability(std::string_view text);

/// With as many digits as it takes to read the same number back.
std::string format_probability(double probability);

/// A number with the unit `ms`, `s`, `m` or `h`: `200ms`, `0.5s`; a fraction is one of whole milliseconds. A bare
/// number but 0 is refused: seconds and milliseconds are too easily confused. At most 24h.
Parsed<std::chrono::milliseconds> parse_duration(std::string_view text);

/// In the largest unit that needs no fraction: `200ms`, `5s`, `90s`, `1m`.
std::string format_duration(std::chrono::milliseconds duration);

/// Bytes: a number, alone or with `B`, `KiB`, `MiB` or `GiB`.
Parsed<std::uint64_t> parse_size(std::string_view text);

/// In the largest unit that needs no fraction: `1000`, `64KiB`, `1MiB`.
std::string format_size(std::uint64_t bytes);

/// The text as an error quotes it: in quotation marks, and safe to show.
std::string quoted(std::string_view text);

}  // namespace closelab::server
