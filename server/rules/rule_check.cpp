#include "server/rules/rule_check.h"

#include "http/characters.h"
#include "server/text/quantity.h"

namespace closelab {
namespace server {
namespace {

using std::chrono::milliseconds;
using Found = std::optional<RuleError>;

/// A cast can make a value that is none of the enumeration's.
template <class Enum>
bool is_known(Enum value, Enum last) {
  return value <= last;
}

constexpr milliseconds longest = std::chrono::hours(24);

/// What is wrong with a time span, if it is not more than 0 and at most 24h.
std::string span_fault(milliseconds span) {
  if (span <= milliseconds(0)) return "must be more than 0ms";
  return span > longest ? "must be at most 24h" : "";
}

Found fault_of_place(const Rule& rule) {
  constexpr const char* too_early = "makes no sense at accept: no request has come yet";
  if (rule.connection == 0U) return RuleError{"connection", "must be at least 1: connections are counted from 1"};
  if (rule.request == 0U) return RuleError{"request", "must be at least 1: requests are counted from 1"};
  if (rule.request && rule.at.at == At::accept) return RuleError{"request", too_early};
  if (!rule.path.empty() && rule.at.at == At::accept) return RuleError{"path", too_early};
  if (!rule.path.empty() && !rule.path.starts_with('/'))
    return RuleError{"path", "must begin with \"/\", and " + quoted(rule.path) + " does not"};
  if (!rule.method.empty() && rule.at.at == At::accept) return RuleError{"method", too_early};
  if (!http::all(http::token_character, rule.method))
    return RuleError{"method", quoted(rule.method) + " is no method: it has more than letters and !#$%&'*+-.^_`|~"};
  return std::nullopt;
}

Found fault_of_idleness(const Rule& rule) {
  if (rule.idle_at_least == milliseconds(0)) return std::nullopt;
  if (rule.at.at != At::next_request)
    return RuleError{"idle_at_least", "makes no sense at " + to_string(rule.at) + ": it goes with next_request alone"};
  const std::string why = span_fault(rule.idle_at_least);
  return why.empty() ? Found() : RuleError{"idle_at_least", why};
}

Found fault_of_trigger(const Trigger& at) {
  if (!is_known(at.at, At::next_request)) return RuleError{"at", "is no moment"};
  const std::string moment(to_string(at.at));
  const bool counts = at.at == At::request_body || at.at == At::response_body || at.at == At::response_wire;
  if (at.bytes != 0 && !counts) return RuleError{"at", "has a number of bytes, which " + moment + " does not take"};
  if (at.after != milliseconds(0) && at.at != At::idle)
    return RuleError{"at", "has a time, which " + moment + " does not take"};
  if (at.at != At::idle) return std::nullopt;
  const std::string why = span_fault(at.after);
  return why.empty() ? Found() : RuleError{"at", "idle: its time " + why};
}

Found fault_of_action(const Action& action) {
  std::string why;
  const auto* close = std::get_if<CloseAction>(&action);
  if (close != nullptr && !is_known(close->mode, CloseMode::never)) return RuleError{"close", "is no close mode"};
  if (const auto* delay = std::get_if<DelayAction>(&action)) {
    why = span_fault(delay->duration);
    return why.empty() ? Found() : RuleError{"delay", why};
  }
  if (const auto* slow = std::get_if<SlowAction>(&action)) {
    why = slow->bytes == 0 ? "its bytes must be more than 0" : span_fault(slow->every);
    return why.empty() ? Found() : RuleError{"slow", slow->bytes == 0 ? why : "its time " + why};
  }
  return std::nullopt;
}

Found fault_of_limits(const Rule& rule) {
  if (rule.times == 0U) return RuleError{"times", "must be at least 1"};
  // Written so that NaN is a fault, too.
  if (!(rule.probability >= 0 && rule.probability <= 1)) return RuleError{"probability", "must be from 0 to 1"};
  return std::nullopt;
}

}  // namespace

std::optional<RuleError> find_error(const Rule& rule) {
  if (Found fault = fault_of_place(rule)) return fault;
  if (Found fault = fault_of_trigger(rule.at)) return fault;
  if (Found fault = fault_of_idleness(rule)) return fault;
  if (Found fault = fault_of_action(rule.action)) return fault;
  if (Found fault = find_fault_of_saying(rule)) return fault;
  return fault_of_limits(rule);
}

}  // namespace server

std::string error_of(const Rule& rule) {
  const auto fault = server::find_error(rule);
  return fault ? server::quoted(fault->key) + ' ' + fault->why : "";
}

}  // namespace closelab
