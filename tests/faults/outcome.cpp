#include "tests/faults/outcome.h"

#include <array>

#include "server/text/printable.h"
#include "tests/faults/wire.h"

namespace closelab::faults {
namespace {

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
  return {{"the client got", words_for(outcome.wire)},
          {"byte for byte", server::printable(outcome.wire)},
          {"the client", std::string(text_of(outcome.saw))},
          {"silent until the stop", outcome.silent ? "yes" : "no"},
          {"the server sent", std::string(text_of(outcome.sent))},
          {"pace", std::string(text_of(outcome.pace))},
          {"close_reason", std::string(to_string(outcome.close_reason))},
          {"closed_first", std::string(to_string(outcome.closed_first))},
          {"closed_by", std::string(to_string(outcome.closed_by))},
          {"time_wait", std::string(to_string(outcome.time_wait))},
          {"retry", std::string(to_string(outcome.retry))},
          {"requests", std::to_string(outcome.requests)},
          {"said_bytes", std::to_string(outcome.said_bytes)}};
}

std::string summary(const Outcome& outcome) {
  std::string got = words_for(outcome.wire);
  if (got == "all, 2nd") got = "all";
  if (outcome.saw != Saw::own_fin) return got + ", " + end_of(outcome);
  if (outcome.pace == Pace::at_once) return got;
  return got + (outcome.pace == Pace::slow ? ", slowly" : ", late");
}

}  // namespace closelab::faults
