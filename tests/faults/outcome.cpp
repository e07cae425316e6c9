#include "tests/faults/outcome.h"

#include "tests/faults/cell.h"

namespace closelab::faults {
namespace {

std::string text_of(const Part& part) {
  if (!part.head) return "nothing";
  if (part.body == response_body_bytes && part.promised > part.body) return "all of a body that was to be longer";
  if (part.is_complete()) return "all";
  return part.body == 0 ? "head" : "head + " + std::to_string(part.body) + " bytes";
}

std::string_view text_of(Saw saw) {
  static constexpr std::array<std::string_view, 4> texts{"EOF", "ECONNRESET", "closed itself", "waited in vain"};
  return texts[static_cast<std::size_t>(saw)];
}

std::string_view text_of(Sent sent) {
  static constexpr std::array<std::string_view, 4> texts{"nothing", "FIN", "RST", "FIN, then RST"};
  return texts[static_cast<std::size_t>(sent)];
}

std::string_view text_of(Pace pace) {
  static constexpr std::array<std::string_view, 4> texts{"at once", "late", "slow", "too early"};
  return texts[static_cast<std::size_t>(pace)];
}

std::string end_of(const Outcome& outcome) {
  if (outcome.silent) return "silence";
  const std::string sent(text_of(outcome.sent));
  return outcome.pace == Pace::late && outcome.sent == Sent::fin ? "late " + sent : sent;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> facts(const Outcome& outcome) {
  return {{"first response", text_of(outcome.got[0])},
          {"second response", text_of(outcome.got[1])},
          {"the client", std::string(text_of(outcome.saw))},
          {"silent until the stop", outcome.silent ? "yes" : "no"},
          {"the server sent", std::string(text_of(outcome.sent))},
          {"pace", std::string(text_of(outcome.pace))},
          {"close_reason", std::string(to_string(outcome.close_reason))},
          {"closed_first", std::string(to_string(outcome.closed_first))},
          {"closed_by", std::string(to_string(outcome.closed_by))},
          {"time_wait", std::string(to_string(outcome.time_wait))},
          {"retry", std::string(to_string(outcome.retry))},
          {"requests", std::to_string(outcome.requests)}};
}

std::string summary(const Outcome& outcome) {
  if (outcome.saw == Saw::own_fin) return outcome.pace == Pace::slow ? "all, slowly" : "all, late";
  const bool second = outcome.got[1].head;
  return (second ? "2nd: " : "") + text_of(outcome.got[second ? 1 : 0]) + ", " + end_of(outcome);
}

}  // namespace closelab::faults
