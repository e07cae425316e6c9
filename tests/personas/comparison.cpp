#include "tests/personas/comparison.h"

#include <algorithm>
#include <array>
#include <iomanip>
#include <ostream>
#include <string_view>

namespace closelab::persona_test {
namespace {

struct KnownDifference {
  std::string_view server;
  std::string_view situation;
  std::string_view reason;
};

constexpr std::string_view reads_first = "the lab server reads the body before its handler answers";
constexpr std::string_view answers_400 = "the server answers 400; the lab server, told to abort at the FIN, is silent";

constexpr std::string_view answers_post = "the lab server's routes answer POST as GET, the other server's refuse it";

constexpr auto known_differences = std::to_array<KnownDifference>({
    {"nginx", "FIN in the middle of the answer", "nginx stops writing at the FIN; the lab server completes the answer"},
    {"nginx", "half a body, FIN", reads_first},
    {"node", "PUT 500 kB, refused, close", reads_first},
    {"node", "PUT 10 MB, refused, close", reads_first},
    {"node", "POST 100 kB, limit 64 KiB", answers_post},
    {"node", "POST 10 MB, limit 64 KiB", answers_post},
    {"node", "half a head, FIN", answers_400},
    {"node", "half a body, FIN", reads_first},
    {"node", "nothing sent", "Node's headersTimeout begins at accept; idle_timeout ends without an answer"},
    {"go", "POST 100 kB, limit 64 KiB", answers_post},
    {"go", "POST 10 MB, limit 64 KiB", answers_post},
    {"go", "GET, HTTP/1.0", "Go does not tell HTTP/1.0 that it will close"},
    {"go", "half a head", "Go answers 400; the lab server knows 408 or nothing"},
    {"go", "half a body, FIN", reads_first},
});

constexpr int situation_width = 36;
constexpr int answers_width = 14;
constexpr int persistence_width = 32;

const KnownDifference* find_known(std::string_view server, std::string_view situation) {
  const auto* const found = std::ranges::find_if(known_differences, [=](const KnownDifference& known) {
    return known.server == server && known.situation == situation;
  });
  return found != known_differences.end() ? found : nullptr;
}

const Observation& usual(const Seen& seen) {
  return *std::ranges::max_element(seen, {}, [&seen](const Observation& one) { return std::ranges::count(seen, one); });
}

void print(std::ostream& out, std::string_view situation, const Observation& seen, std::string_view whose) {
  out << "  " << std::left << std::setw(situation_width) << situation << std::setw(answers_width) << seen.answers
      << std::setw(persistence_width) << seen.persistence << std::setw(6) << seen.end << std::setw(11) << seen.time_wait
      << whose << '\n';
}

/// True when the difference, if there is one, is a known one.
bool compare(std::ostream& out, const std::string& server, const Pair& pair) {
  const Observation& real = usual(pair.real);
  const Observation& persona = usual(pair.persona);
  if (real == persona) {
    print(out, pair.situation, real, "both");
    return true;
  }
  print(out, pair.situation, real, server);
  print(out, "", persona, "persona");
  const KnownDifference* const known = find_known(server, pair.situation);
  out << "      " << (known != nullptr ? known->reason : "NOT THE SAME, AND NOT KNOWN") << '\n';
  return known != nullptr;
}

}  // namespace

std::size_t compare(std::ostream& out, const std::string& server, const std::vector<Pair>& pairs) {
  out << '\n' << server << " and conf/personas/" << server << ".toml\n\n";
  print(out, "situation", {"answers", "Connection; Keep-Alive", "end", "TIME_WAIT"}, "seen with");
  const auto wrong = std::ranges::count_if(pairs, [&](const Pair& pair) { return !compare(out, server, pair); });
  return static_cast<std::size_t>(wrong);
}

}  // namespace closelab::persona_test
