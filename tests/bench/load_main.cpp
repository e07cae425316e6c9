// A load on a server, from one thread, and what came of it as a line of JSON.
//
//   bench_load MODE PORT [path=/] [connections=64] [depth=1] [addresses=1] [seconds=1] [requests=0] [rate=0]

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>

#include "tests/bench/load.h"

namespace closelab::bench {
namespace {

void set(Plan& plan, std::string_view name, const std::string& value) {
  const auto number = std::strtoul(value.c_str(), nullptr, 10);
  if (name == "path") plan.path = value;
  if (name == "connections") plan.connections = number;
  if (name == "depth") plan.depth = number;
  if (name == "addresses") plan.addresses = number;
  if (name == "requests") plan.requests = number;
  if (name == "seconds") plan.time = std::chrono::duration<double>(std::atof(value.c_str()));
  if (name == "rate") plan.rate = std::atof(value.c_str());
}

Plan read_plan(char** arguments) {
  Plan plan{.mode = parse_mode(arguments[1]).value(), .port = static_cast<std::uint16_t>(std::atoi(arguments[2]))};
  for (char** argument = arguments + 3; *argument != nullptr; ++argument) {
    const std::string_view text = *argument;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) throw std::invalid_argument(*argument);
    set(plan, text.substr(0, equals), std::string(text.substr(equals + 1)));
  }
  return plan;
}

double percentile_us(std::vector<std::uint32_t>& values, double share) {
  if (values.empty()) return 0;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, at);
  return *at / 1e3;
}

void print(Result result) {
  std::printf(R"({"requests":%lu,"connections":%lu,"seconds":%.6f,"failed":%lu)", result.requests, result.connections,
              result.seconds, result.failed());
  for (std::size_t kind = 0; kind < failure_kinds; ++kind) {
    const auto name = to_string(static_cast<Failure>(kind));
    std::printf(R"(,"%.*s":%lu)", static_cast<int>(name.size()), name.data(), result.failures[kind]);
  }
  for (const auto& [name, share] : {std::pair{"p50_us", 0.5}, {"p90_us", 0.9}, {"p99_us", 0.99}, {"max_us", 1.0}})
    std::printf(R"(,"%s":%.1f)", name, percentile_us(result.latencies_ns, share));
  std::puts("}");
}

}  // namespace
}  // namespace closelab::bench

int main(int count, char** arguments) try {
  if (count < 3) return EXIT_FAILURE;
  closelab::bench::print(closelab::bench::put_load(closelab::bench::read_plan(arguments)));
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_load: %s\n", error.what());
  return EXIT_FAILURE;
}
