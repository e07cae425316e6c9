#include "server/text/quantity.h"

#include <doctest/doctest.h>

#include <limits>

namespace closelab::server {
namespace {

using std::chrono::milliseconds;

struct DurationCase {
  const char* text;
  milliseconds duration;
  /// What formatting gives back.
  const char* formatted;
};

struct SizeCase {
  const char* text;
  std::uint64_t bytes;
  const char* formatted;
};

struct RefusedCase {
  const char* text;
  /// What the error says, among other things.
  const char* error;
};

TEST_CASE("durations are read and written with their unit") {
  const DurationCase cases[] = {
      {"200ms", milliseconds(200), "200ms"},
      {"5s", milliseconds(5000), "5s"},
      {"1m", milliseconds(60'000), "1m"},
      {"90s", milliseconds(90'000), "90s"},
      {"60s", milliseconds(60'000), "1m"},
      {"1500ms", milliseconds(1500), "1500ms"},
      {"24h", milliseconds(86'400'000), "24h"},
      {"0s", milliseconds(0), "0s"},
      {"0ms", milliseconds(0), "0s"},
      {"120m", milliseconds(7'200'000), "2h"},
      {"0", milliseconds(0), "0s"},
      {"0.5s", milliseconds(500), "500ms"},
      {"1.5m", milliseconds(90'000), "90s"},
      {"0.250s", milliseconds(250), "250ms"},
  };
  for (const DurationCase& c : cases) {
    CAPTURE(c.text);
    const auto parsed = parse_duration(c.text);
    CHECK(parsed.error == "");
    CHECK(parsed.value == c.duration);
    CHECK(format_duration(c.duration) == c.formatted);
  }
}

TEST_CASE("what is no duration is refused with the reason") {
  const RefusedCase cases[] = {
      {"", "nothing is given"},
      {"5", "write 5s for seconds or 5ms"},
      {"-5s", "negative"},
      {"s", "not a number"},
      {"5 s", "unknown unit \" s\"; the units are ms, s, m, h"},
      {"5sec", "unknown unit \"sec\""},
      {"1.5", "\"1.5\" has no unit; write 1.5s for seconds or 1.5ms"},
      {"1.5ms", "\"1.5ms\" is not a whole number of milliseconds"},
      {"0.0005s", "not a whole number of milliseconds"},
      {"1.s", "\"1.s\" is not a number"},
      {".5s", "\".5s\" has no digit before the point; write 0.5s"},
      {".s", "\".s\" is not a number"},
      {"1.1234567890s", "not a number"},
      {"24.5h", "the longest duration is 24h"},
      {"25h", "the longest duration is 24h"},
      {"99999999999999999999s", "too large"},
      {"18446744073709551615h", "too large"},
      {"off", "not a number"},
  };
  for (const RefusedCase& c : cases) {
    CAPTURE(c.text);
    const auto parsed = parse_duration(c.text);
    CHECK_FALSE(parsed);
    CHECK(parsed.error.find(c.error) != std::string::npos);
  }
}

TEST_CASE("sizes are read in bytes or with a unit and written exactly") {
  const SizeCase cases[] = {
      {"0", 0, "0"},
      {"65536", 65536, "64KiB"},
      {"64KiB", 65536, "64KiB"},
      {"1000", 1000, "1000"},
      {"7B", 7, "7"},
      {"1MiB", 1 << 20, "1MiB"},
      {"1025KiB", 1025 << 10, "1025KiB"},
      {"2GiB", std::uint64_t{2} << 30, "2GiB"},
      {"18446744073709551615", std::numeric_limits<std::uint64_t>::max(), "18446744073709551615"},
  };
  for (const SizeCase& c : cases) {
    CAPTURE(c.text);
    const auto parsed = parse_size(c.text);
    CHECK(parsed.error == "");
    CHECK(parsed.value == c.bytes);
    CHECK(format_size(c.bytes) == c.formatted);
  }
}

TEST_CASE("what is no size is refused with the reason") {
  const RefusedCase cases[] = {
      {"", "nothing is given"},        {"-1", "negative"},
      {"KiB", "not a number"},         {"64KB", "unknown unit \"KB\"; the units are B, KiB, MiB, GiB"},
      {"64k", "unknown unit \"k\""},   {"18446744073709551616", "too large"},
      {"17179869184GiB", "too large"}, {"1e6", "unknown unit \"e6\""},
  };
  for (const RefusedCase& c : cases) {
    CAPTURE(c.text);
    const auto parsed = parse_size(c.text);
    CHECK_FALSE(parsed);
    CHECK(parsed.error.find(c.error) != std::string::npos);
  }
}

TEST_CASE("a number has neither sign nor unit") {
  CHECK(parse_number("8080").value == 8080);
  CHECK(parse_number("8080x").error == "\"8080x\" is not a whole number");
  CHECK(parse_number("+1").error == "\"+1\" is not a number");
}

TEST_CASE("probabilities are read and written without loss") {
  for (const double number : {0.0, 1.0, 0.5, 0.1, 1.0 / 3, 1e-300}) {
    const auto parsed = parse_probability(format_probability(number));
    CHECK(parsed.error == "");
    CHECK(parsed.value == number);
  }
  CHECK(format_probability(0.25) == "0.25");
  const RefusedCase cases[] = {
      {"", "nothing is given"},
      {"x", "\"x\" is not a number"},
      {"0.5x", "\"0.5x\" is not a number"},
      {" 1", "not a number"},
      {"-0.5", "not a number from 0 to 1"},
      {"1.01", "not a number from 0 to 1"},
      {"nan", "from 0 to 1"},
      {"inf", "from 0 to 1"},
  };
  for (const RefusedCase& c : cases) {
    CAPTURE(c.text);
    CHECK(parse_probability(c.text).error.find(c.error) != std::string::npos);
  }
}

TEST_CASE("a text is quoted so that it is safe to show") {
  CHECK(quoted("a b") == "\"a b\"");
  CHECK(quoted("\x1b[2J") == "\"\\x1b[2J\"");
}

}  // namespace
}  // namespace closelab::server
