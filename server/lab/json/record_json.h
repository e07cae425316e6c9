#pragma once

#include <chrono>

#include "closelab/record.h"
#include "closelab/server.h"
#include "server/lab/json/json.h"

namespace closelab::lab {

/// Times are numbers of milliseconds; those of requests and evidence count from accept(). What was not
/// seen is null.
Json to_json(const RequestRecord& request);
Json to_json(const Evidence& evidence);
Json to_json(const Process& process);
Json to_json(const Verdict& verdict);
Json to_json(const PacedPiece& piece);
Json to_json(const RuleFiring& firing);
Json to_json(const ConnectionRecord& record);
Json to_json(const Counts& counts);
/// The keys of a conf file's `[[rule]]`, as values of JSON's types.
Json to_json(const Rule& rule);
Json to_json(const RuleStatus& status);

/// Milliseconds with their fraction.
double in_ms(std::chrono::nanoseconds time);

}  // namespace closelab::lab
