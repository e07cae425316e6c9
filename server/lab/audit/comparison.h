#pragma once

#include <string>

#include "server/lab/json/record_json.h"

namespace closelab::lab {

/// Whether it is what audit_json() makes, as far as comparison() reads it.
bool is_audit_report(const Json& report);

/// Two audits side by side, a line for each scenario of either; those whose grades differ are marked, and say why.
std::string comparison(const Json& left, const Json& right);

}  // namespace closelab::lab
