#include "tests/faults/page.h"

#include <algorithm>
#include <functional>
#include <sstream>
#include <utility>
#include <vector>

#include "server/rules/rule_text.h"
#include "server/text/printable.h"
#include "tests/faults/cell.h"

namespace closelab::faults {
namespace {

using CellText = std::function<std::string(const Outcome&)>;

/// Of the columns, `from` to before `to`.
struct Columns {
  std::size_t from;
  std::size_t to;
};

constexpr Columns close_modes{0, 7};
constexpr Columns other_actions{7, 11};
constexpr Columns answers{11, 16};
constexpr Columns announcements{16, 23};

std::string line_of(const std::string& first, std::span<const std::string> others) {
  std::string line = "| " + first + " |";
  for (const std::string& other : others) line += ' ' + other + " |";
  return line + '\n';
}

std::string name_of(const Moment& moment) {
  const std::string at = '`' + to_string(moment.trigger) + '`';
  if (moment.idle_at_least.count() == 0) return at;
  return at + ", `idle_at_least` " + std::to_string(moment.idle_at_least.count()) + "ms";
}

std::string name_of(const Action& action) { return '`' + server::describe_action(action) + '`'; }

/// The rows differ in their moments alone.
std::string without_moment(std::string refusal, At at) {
  const std::string name = " at " + std::string(to_string(at)) + ':';
  const std::size_t found = refusal.find(name);
  return found == std::string::npos ? refusal : refusal.replace(found, name.size(), " at MOMENT:");
}

/// The matrix, with the outcome of what was played and the error of what was refused.
class Matrix {
 public:
  explicit Matrix(std::span<const Outcome> outcomes) {
    auto outcome = outcomes.begin();
    for (const Cell& cell : all_cells()) {
      const std::string refusal = without_moment(refusal_of(cell), cell.at());
      fields_.emplace_back(refusal.empty() ? &*outcome++ : nullptr, refusal.empty() ? 0 : number_of(refusal));
    }
  }

  std::string table(Columns columns, const CellText& text) const {
    const std::vector<std::string> rule(columns.to - columns.from, "---");
    std::vector<std::string> heads;
    for (std::size_t i = columns.from; i < columns.to; ++i) heads.push_back(name_of(actions()[i]));
    std::string lines = line_of("`at`", heads) + line_of("---", rule);
    for (std::size_t row = 0; row < moments().size(); ++row) {
      std::vector<std::string> cells;
      for (std::size_t i = columns.from; i < columns.to; ++i) cells.push_back(field(row, i, text));
      lines += line_of(name_of(moments()[row]), cells);
    }
    return lines;
  }

  std::string refusals() const {
    std::string list;
    for (std::size_t i = 0; i < refusals_.size(); ++i) list += std::to_string(i + 1) + ". `" + refusals_[i] + "`\n";
    return list;
  }

 private:
  std::size_t number_of(const std::string& refusal) {
    const auto found = std::ranges::find(refusals_, refusal);
    const auto place = static_cast<std::size_t>(found - refusals_.begin());
    if (found == refusals_.end()) refusals_.push_back(refusal);
    return place + 1;
  }

  std::string field(std::size_t row, std::size_t column, const CellText& text) const {
    const auto& [outcome, refusal] = fields_[row * actions().size() + column];
    return outcome != nullptr ? text(*outcome) : "refused (" + std::to_string(refusal) + ')';
  }

  /// Null with the number of its refusal.
  std::vector<std::pair<const Outcome*, std::size_t>> fields_;
  std::vector<std::string> refusals_;
};

std::string milliseconds(std::chrono::milliseconds time) { return std::to_string(time.count()) + " ms"; }

std::string introduction() {
  std::ostringstream out;
  out << "# What each rule does\n\n"
         "Every moment at which a rule can act (`at`) with every action. `faults_test` plays each field on a server "
         "with\n"
         "packet capture, compares every byte that the client got, what went over the wire and what the record says, "
         "and\n"
         "fails when these tables differ. It writes them itself: `faults_test --write`. What makes no sense is "
         "refused, "
         "with\n"
         "the error below that has the number.\n\n"
         "The client sends a request with a body of "
      << request_body_bytes
      << " bytes, in one piece and before the server accepts, which at\n`expect` asks for 100 (Continue); takes the "
         "response, whose body has "
      << response_body_bytes
      << " bytes; sends a second request and\ntakes its response, alike; and closes. The rule acts once, on the first "
         "request. The server's close mode is\n`lingering`, with `delayed_time` and `deferred_time` "
      << milliseconds(close_times.delayed_time) << ".\n\n"
      << "- *nothing*, *head*, *head + " << trigger_bytes << " bytes*, *" << wire_bytes
      << " bytes of the head*, *all*: what the client has of the response, to the byte.\n"
         "  *2nd*: the second response, or what there is of it; where both are complete and nothing else came, *all*.\n"
         "- *(close)*: the head says `Connection: close`.\n"
         "- *FIN*: the client reads EOF. *RST*: it reads what was sent, then gets ECONNRESET; everything that was sent "
         "has\n"
         "  been acknowledged before. *FIN, then RST*: it reads EOF, and what it sends afterwards fails.\n"
         "- *late*: not before the time that was asked for. *slowly*: in pieces of at most the bytes that were asked "
         "for, with\n"
         "  the pauses between.\n"
         "- *silence*: nothing more comes until the server stops.\n\n";
  return out.str();
}

}  // namespace

std::string page(std::span<const Outcome> outcomes) {
  const Matrix matrix(outcomes);
  const auto retry = [](const Outcome& outcome) { return '`' + std::string(to_string(outcome.retry)) + '`'; };
  std::ostringstream out;
  out << introduction()
      << "## Close modes\n\n"
         "Whether `immediate` and `delayed` send an RST depends on what is unread: the whole request at `accept`, the "
         "next\n"
         "one at `next_request`. In between, this request, which came in one piece, has been read.\n\n"
      << matrix.table(close_modes, summary)
      << "\n## Other actions\n\n"
         "Of a response that `truncate` cuts, the head promises more than comes: at `after_response` one byte more.\n\n"
      << matrix.table(other_actions, summary)
      << "\n## Answers and bytes\n\n"
         "*"
      << answer_status
      << "* is the rule's answer, whole; *sent* the bytes that it sends, on the wire where they stand here among the\n"
         "others. A client that has not asked for them takes them for what it waits for.\n\n"
      << matrix.table(answers, summary)
      << "\n## Interim responses and announcements\n\n"
         "The body has come with the head, so that no 100 is sent unless a rule says so.\n\n"
      << matrix.table(announcements, summary)
      << "\n## May the client send its request again?\n\n"
         "The record's `retry`: `safe` when no handler got the request, `if_idempotent` when one did and its response "
         "did\n"
         "not get through, or not as it was. A stalled connection ends when the server stops; with a response complete "
         "the\n"
         "client has sent its second request by then.\n\n"
      << matrix.table(close_modes, retry) << '\n'
      << matrix.table(other_actions, retry) << '\n'
      << matrix.table(answers, retry) << '\n'
      << matrix.table(announcements, retry) << "\n## Refused\n\n"
      << matrix.refusals();
  return out.str();
}

}  // namespace closelab::faults
