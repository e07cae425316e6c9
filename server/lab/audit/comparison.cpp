#include "server/lab/audit/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "server/text/printable.h"

namespace closelab::lab {
namespace {

/// What one audit says of a scenario; `-` where it did not play it.
struct Cell {
  std::string grade = "-";
  std::string reason{};

  /// Of class info nothing but the reason tells.
  bool differs_from(const Cell& other) const {
    return grade != other.grade || (grade == "info" && reason != other.reason);
  }
};

bool has_text(const Json& object, const char* key) {
  return object.is_object() && object.contains(key) && object[key].is_string();
}

std::string text_of(const Json& object, const char* key) { return server::printable(object[key].get<std::string>()); }

Cell cell_of(const Json& report, const std::string& id) {
  for (const Json& scenario : report["scenarios"])
    if (text_of(scenario, "id") == id) return {text_of(scenario, "grade"), text_of(scenario, "reason")};
  return {};
}

std::vector<std::string> ids_of(const Json& left, const Json& right) {
  std::vector<std::string> ids;
  for (const Json* report : {&left, &right})
    for (const Json& scenario : (*report)["scenarios"]) {
      std::string id = text_of(scenario, "id");
      if (std::ranges::find(ids, id) == ids.end()) ids.push_back(std::move(id));
    }
  return ids;
}

std::string name_of_client(const Json& report) {
  const std::string version = text_of(report["client"], "version");
  return version.empty() ? text_of(report["client"], "command") : version;
}

}  // namespace

bool is_audit_report(const Json& report) {
  if (!report.is_object() || report.value("kind", Json()) != "audit" || !report.contains("scenarios")) return false;
  const Json client = report.value("client", Json());
  if (!has_text(client, "command") || !has_text(client, "version") || !report["scenarios"].is_array()) return false;
  return std::ranges::all_of(report["scenarios"], [](const Json& one) {
    return has_text(one, "id") && has_text(one, "grade") && has_text(one, "reason");
  });
}

std::string comparison(const Json& left, const Json& right) {
  std::string out = fmt::format("left:  {}\nright: {}\n\n", name_of_client(left), name_of_client(right));
  std::size_t differences = 0;
  for (const std::string& id : ids_of(left, right)) {
    const Cell one = cell_of(left, id);
    const Cell other = cell_of(right, id);
    const bool differ = one.differs_from(other);
    differences += differ ? 1 : 0;
    out += fmt::format("{} {:<22} {:<14} {}\n", differ ? '*' : ' ', id, one.grade, other.grade);
    if (differ) out += fmt::format("    left:  {}\n    right: {}\n", one.reason, other.reason);
  }
  return out + fmt::format("\n{} differ\n", differences);
}

}  // namespace closelab::lab
