#include "tests/faults/page.h"

#include <functional>
#include <sstream>

#include "server/rules/rule_text.h"
#include "tests/faults/cell.h"

namespace closelab::faults {
namespace {

using CellText = std::function<std::string(const Outcome&)>;

std::string line_of(const std::string& first, std::span<const std::string> others) {
  std::string line = "| " + first + " |";
  for (const std::string& other : others) line += ' ' + other + " |";
  return line + '\n';
}

/// Columns `from` to before `to`.
std::string table(std::span<const Outcome> outcomes, std::size_t from, std::size_t to, const CellText& text) {
  const std::vector<std::string> rule(to - from, "---");
  std::vector<std::string> heads;
  for (std::size_t i = from; i < to; ++i) heads.push_back('`' + server::describe_action(actions()[i]) + '`');
  std::string lines = line_of("`at`", heads) + line_of("---", rule);
  for (std::size_t row = 0; row < triggers().size(); ++row) {
    std::vector<std::string> cells;
    for (std::size_t i = from; i < to; ++i) cells.push_back(text(outcomes[row * actions().size() + i]));
    lines += line_of('`' + to_string(triggers()[row]) + '`', cells);
  }
  return lines;
}

std::string milliseconds(std::chrono::milliseconds time) { return std::to_string(time.count()) + " ms"; }

}  // namespace

std::string page(std::span<const Outcome> outcomes) {
  constexpr std::size_t modes = 7;
  const std::size_t columns = actions().size();
  const auto retry = [](const Outcome& outcome) { return '`' + std::string(to_string(outcome.retry)) + '`'; };
  std::ostringstream out;
  out << "# What each rule does\n\n"
         "Every moment at which a rule can act (`at`) with every action. `faults_test` plays each field on a server "
         "with\n"
         "packet capture, compares what the client got, what went over the wire and what the record says, and fails "
         "when\n"
         "these tables differ. It writes them itself: `faults_test --write`.\n\n"
         "The client sends a request with a body of "
      << request_body_bytes
      << " bytes, in one piece and before the server accepts; takes the\nresponse, whose body has "
      << response_body_bytes
      << " bytes; sends a second request and takes its response, alike; and closes. The rule\nacts once, on the first "
         "request. The server's close mode is `lingering`, with `delayed_time` and `deferred_time` "
      << milliseconds(close_times.delayed_time)
      << ".\n\n"
         "- *nothing*, *head*, *head + "
      << trigger_bytes
      << " bytes*, *all*: what the client has of the response, to the byte. *2nd*: of the\n  second one.\n"
         "- *FIN*: the client reads EOF. *RST*: it reads what was sent, then gets ECONNRESET; everything that was sent "
         "has\n"
         "  been acknowledged before. *FIN, then RST*: it reads EOF, and what it sends afterwards fails.\n"
         "- *late*: not before the time that was asked for. *slowly*: in pieces of at most the bytes that were asked "
         "for, "
         "with\n  the pauses between.\n"
         "- *silence*: nothing more comes until the server stops.\n\n"
         "## Close modes\n\n"
         "Whether `immediate` and `delayed` send an RST depends on what is unread: the whole request at `accept`, the "
         "next\n"
         "one at `next_request`. In between, this request, which came in one piece, has been read.\n\n"
      << table(outcomes, 0, modes, summary)
      << "\n## Other actions\n\n"
         "Of a response that `truncate` cuts, the head promises more than comes: at `after_response` one byte more.\n\n"
      << table(outcomes, modes, columns, summary)
      << "\n## May the client send its request again?\n\n"
         "The record's `retry`: `safe` when no handler got the request, `if_idempotent` when one did and its response "
         "did\n"
         "not get through. A stalled connection ends when the server stops; with a response complete the client has "
         "sent\n"
         "its second request by then.\n\n"
      << table(outcomes, 0, modes, retry) << '\n'
      << table(outcomes, modes, columns, retry);
  return out.str();
}

}  // namespace closelab::faults
