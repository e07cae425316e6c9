#include "server/lab/audit/comparison.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "server/text/printable.h"

namespace closelab::lab {
namespace {

/// What one audit says of a scenario; `-` where it did not play it.
struct Cell {
  std::string grade = "-";
  std::string reason = "not played";

  /// Two of class info differ by their reason alone.
  bool differs_from(const Cell& other) const {
    return grade != other.grade || (grade == "info" && reason != other.reason);
  }
};

template <std::size_t Count>
bool has_texts(const Json& json, const std::array<const char*, Count>& keys) {
  return json.is_object() &&
         std::ranges::all_of(keys, [&](const char* key) { return json.contains(key) && json[key].is_string(); });
}

bool is_scenario(const Json& one) {
  if (!has_texts(one, std::array{"id", "title", "why", "section", "class", "grade", "reason"})) return false;
  const Json numbers = {one.value("plays", Json()), one.value("good_plays", Json())};
  const auto is_array = [&](const char* key) { return one.value(key, Json()).is_array(); };
  return std::ranges::all_of(numbers, [](const Json& number) { return number.is_number_unsigned(); }) &&
         std::ranges::all_of(std::array{"given", "expect", "steps", "connections"}, is_array);
}

std::string text_of(const Json& json, const char* key) { return server::printable(json[key].get<std::string>()); }

Cell cell_of(const Json& report, const std::string& id) {
  for (const Json& scenario : report["scenarios"])
    if (text_of(scenario, "id") == id) return {text_of(scenario, "grade"), text_of(scenario, "reason")};
  return {};
}

std::vector<std::string> ids_of(const std::vector<Json>& reports) {
  std::vector<std::string> ids;
  for (const Json& report : reports)
    for (const Json& scenario : report["scenarios"]) {
      std::string id = text_of(scenario, "id");
      if (std::ranges::find(ids, id) == ids.end()) ids.push_back(std::move(id));
    }
  return ids;
}

std::string name_of_client(const Json& report) {
  const std::string version = text_of(report["client"], "version");
  return version.empty() ? text_of(report["client"], "command") : version;
}

/// `A` for the first, `AA` after `Z`.
std::string label(std::size_t index) {
  constexpr std::size_t letters = 26;
  const std::string last(1, static_cast<char>('A' + index % letters));
  return index < letters ? last : label(index / letters - 1) + last;
}

/// What several clients did alike is said once: `    A, C: it reports an error`.
std::string reasons_of(const std::vector<Cell>& cells) {
  std::vector<std::pair<std::string, std::vector<std::string>>> told;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    auto same = std::ranges::find(told, cells[i].reason, [](const auto& each) { return each.first; });
    if (same == told.end()) same = told.insert(told.end(), {cells[i].reason, {}});
    same->second.push_back(label(i));
  }
  std::string out;
  for (const auto& [reason, clients] : told) out += fmt::format("    {}: {}\n", fmt::join(clients, ", "), reason);
  return out;
}

std::string row_of(std::string_view mark, const std::string& id, const std::vector<std::string>& columns) {
  std::string row = fmt::format("{} {:<22}", mark, id);
  for (const std::string& column : columns) row += fmt::format(" {:<14}", column);
  return row.substr(0, row.find_last_not_of(' ') + 1) + '\n';
}

}  // namespace

bool is_audit_report(const Json& report) {
  if (!report.is_object() || report.value("kind", Json()) != "audit") return false;
  const Json scenarios = report.value("scenarios", Json());
  return has_texts(report.value("client", Json()), std::array{"command", "version"}) &&
         has_texts(report.value("facts", Json()), std::array{"program", "kernel", "started"}) && scenarios.is_array() &&
         std::ranges::all_of(scenarios, is_scenario);
}

std::string comparison(const std::vector<Json>& reports) {
  std::string out;
  std::vector<std::string> labels;
  for (const Json& report : reports) {
    labels.push_back(label(labels.size()));
    out += fmt::format("{:>2}: {}\n", labels.back(), name_of_client(report));
  }
  out += '\n' + row_of(" ", "", labels);
  std::size_t differences = 0;
  for (const std::string& id : ids_of(reports)) {
    std::vector<Cell> cells;
    std::vector<std::string> grades;
    for (const Json& report : reports) grades.push_back(cells.emplace_back(cell_of(report, id)).grade);
    const bool differ = std::ranges::any_of(cells, [&](const Cell& cell) { return cell.differs_from(cells.front()); });
    differences += differ ? 1 : 0;
    out += row_of(differ ? "*" : " ", id, grades);
    if (differ) out += reasons_of(cells);
  }
  return out + fmt::format("\n{} differ\n", differences);
}

Json comparison_json(const std::vector<Json>& reports) {
  return object({{"version", 1}, {"kind", "audits"}, {"audits", reports}});
}

}  // namespace closelab::lab
