#pragma once

#include <string>
#include <vector>

#include "server/lab/json/record_json.h"

namespace closelab::lab {

/// Whether it is what audit_json() makes, as far as comparison() and the page of several audits read it.
bool is_audit_report(const Json& report);

/// Audits side by side, a line for each scenario of any; those whose grades differ are marked, and say why.
std::string comparison(const std::vector<Json>& reports);

/// The same as one object, for the page that draws it.
Json comparison_json(const std::vector<Json>& reports);

}  // namespace closelab::lab
