#include "server/connection/script.h"

#include <algorithm>
#include <limits>

namespace closelab::server {
namespace {

bool is_truncation(const Rule& rule) { return std::holds_alternative<TruncateAction>(rule.action); }

/// Where the moment comes in a body of this length (unset: not known); unset: it does not, or that can't be known.
std::optional<std::uint64_t> position_of(const Trigger& trigger, std::optional<std::uint64_t> length) {
  if (trigger.at == At::after_response) return length.value_or(std::numeric_limits<std::uint64_t>::max());
  if (!length) return std::nullopt;
  if (trigger.at == At::response_headers) return 0;
  return trigger.bytes <= *length ? std::optional(trigger.bytes) : std::nullopt;
}

}  // namespace

bool is_in_response(At at) { return at == At::response_headers || at == At::response_body || at == At::after_response; }

Script::Armed* Script::due(At at, std::uint64_t bytes, std::chrono::milliseconds idle_for) {
  const auto found = std::ranges::find_if(armed, [=](const Armed& candidate) {
    const Trigger& trigger = candidate.booked->rule.at;
    return !candidate.done && trigger.at == at && trigger.bytes == bytes && trigger.after <= idle_for;
  });
  return found != armed.end() ? &*found : nullptr;
}

void Script::forget_request() {
  std::erase_if(armed, [](const Armed& a) { return a.booked->rule.at.at != At::idle; });
}

bool Script::has(At at) const {
  return std::ranges::any_of(armed, [at](const Armed& a) { return !a.done && a.booked->rule.at.at == at; });
}

std::optional<std::uint64_t> Script::next_stop(At body, std::uint64_t from) const {
  std::optional<std::uint64_t> next;
  for (const Armed& a : armed) {
    const Trigger& trigger = a.booked->rule.at;
    if (a.done || trigger.at != body || trigger.bytes < from) continue;
    next = std::min(next.value_or(trigger.bytes), trigger.bytes);
  }
  return next;
}

std::optional<std::chrono::milliseconds> Script::next_idle() const {
  std::optional<std::chrono::milliseconds> next;
  for (const Armed& a : armed) {
    const Trigger& trigger = a.booked->rule.at;
    if (!a.done && trigger.at == At::idle) next = std::min(next.value_or(trigger.after), trigger.after);
  }
  return next;
}

bool Script::watches_response() const {
  return truncate_response || pace ||
         std::ranges::any_of(armed, [](const Armed& a) { return !a.done && is_in_response(a.booked->rule.at.at); });
}

void Script::claim_truncations(std::optional<std::uint64_t> length) {
  for (Armed& a : armed) {
    const Rule& rule = a.booked->rule;
    const bool comes = is_truncation(rule) && is_in_response(rule.at.at) && position_of(rule.at, length);
    if (!a.done && comes) a.done = !a.claim();
  }
}

std::optional<std::uint64_t> Script::truncation(std::optional<std::uint64_t> length) const {
  if (truncate_response) return 0;
  std::optional<std::uint64_t> first;
  for (const Armed& a : armed) {
    const Rule& rule = a.booked->rule;
    if (a.done || !is_truncation(rule) || !is_in_response(rule.at.at)) continue;
    const auto position = position_of(rule.at, length);
    if (position) first = std::min(first.value_or(*position), *position);
  }
  return first;
}

}  // namespace closelab::server
