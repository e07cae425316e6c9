#include "server/lab/audit/observations.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "server/lab/audit/requests_by_step.h"
#include "server/lab/json/record_json.h"
#include "server/text/quantity.h"
#include "server/text/spelling.h"

namespace closelab::lab {
namespace {

const std::vector<std::string_view> methods{"GET", "HEAD", "POST", "PUT", "DELETE"};
const std::vector<std::string_view> yes_or_no{"yes", "no", "none"};

void observe_requests(const std::vector<TimedRequest>& all, Observations& seen) {
  const auto count = [&](auto&& matches) {
    return observed_number(static_cast<double>(
        std::ranges::count_if(all, [&](const TimedRequest& each) { return matches(*each.request); })));
  };
  const auto is_handled = [](const RequestRecord& request) { return request.seen_by == SeenBy::handler; };
  seen["requests"] = count([](const RequestRecord&) { return true; });
  seen["handled"] = count(is_handled);
  for (const std::string_view method : methods) {
    seen[fmt::format("requests.{}", method)] =
        count([&](const RequestRecord& request) { return request.method == method; });
    seen[fmt::format("handled.{}", method)] =
        count([&](const RequestRecord& request) { return request.method == method && is_handled(request); });
  }
}

void observe_word(const std::string& step, const Reply& reply, Observations& seen) {
  if (reply.kind == Reply::Kind::not_applicable) return;
  seen[step + ".result"] = observed(std::string(to_string(reply.kind)));
  seen[step + ".said"] = observed(reply.kind == Reply::Kind::error ? "an error" : describe(reply));
  if (reply.kind == Reply::Kind::error) {
    // The caller has no answer, and nothing of one.
    seen[step + ".status"] = seen[step + ".bytes"] = observed_number(0);
    return;
  }
  if (reply.status) seen[step + ".status"] = observed_number(*reply.status);
  if (reply.bytes) seen[step + ".bytes"] = observed_number(static_cast<double>(*reply.bytes));
}

void observe_step(const Played& played, std::size_t index, const std::vector<const RequestRecord*>& requests,
                  Observations& seen) {
  const PlayedStep& step = played.steps[index];
  const std::string name = fmt::format("step.{}", index + 1);
  observe_word(name, step.reply, seen);
  seen[name + ".took"] = observed_time(in_ms(step.done - step.begun));
  std::set<std::uint64_t> connections;
  for (const RequestRecord* request : requests) connections.insert(request->connection_id);
  seen[name + ".requests"] = observed_number(static_cast<double>(requests.size()));
  seen[name + ".connections"] = observed_number(static_cast<double>(connections.size()));
  const RequestRecord* last = requests.empty() ? nullptr : requests.back();
  const auto answer = [&](bool yes) { return observed(last == nullptr ? "none" : yes ? "yes" : "no"); };
  seen[name + ".reused"] = answer(last != nullptr && requests.front()->number > 1);
  seen[name + ".asked_close"] = answer(last != nullptr && last->persistence.reason == CloseReason::request_close);
  seen[name + ".connection"] = observed_number(last == nullptr ? 0 : static_cast<double>(last->connection_id));
  if (last != nullptr && last->answered_at.count() > 0)
    seen[name + ".answer_time"] = observed_time(in_ms(last->answered_at - last->received_at));
}

bool has_ended(const ConnectionRecord& record) { return record.phase == Phase::settled; }

void observe_connection(const ConnectionRecord& record, Observations& seen) {
  const std::string name = fmt::format("connection.{}", record.id);
  seen[name + ".requests"] = observed_number(static_cast<double>(record.request_count));
  const auto* drained = find<fact::Drained>(record.evidence);
  seen[name + ".dropped"] = observed_number(drained == nullptr ? 0 : drained->dropped);
  const bool ended = has_ended(record);
  seen[name + ".closed_first"] =
      observed(std::string(ended ? to_string(record.verdict.closed_first) : std::string_view("open")));
  seen[name + ".closed_by"] =
      observed(std::string(ended ? to_string(record.verdict.closed_by) : std::string_view("open")));
}

void observe_sockets(const SocketsSeen& sockets, Observations& seen) {
  for (int state = 1; state <= static_cast<int>(TcpState::closing); ++state)
    seen[fmt::format("sockets.{}", to_string(static_cast<TcpState>(state)))] = observed_number(0);
  for (const auto& [state, count] : sockets.states)
    seen[fmt::format("sockets.{}", to_string(state))] = observed_number(static_cast<double>(count));
  seen["sockets.keepalive"] = observed_number(static_cast<double>(sockets.with_keepalive));
}

std::vector<std::string> split_at_dots(std::string_view name) {
  std::vector<std::string> parts{""};
  for (const char c : name) {
    if (c == '.') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

/// ` request` of one, ` requests` of any other number.
std::string noun_for(std::string_view count, std::string_view noun) {
  return fmt::format(" {}{}", noun, count == "1" ? "" : "s");
}

/// Calls `each` with the text before a name in braces, and the name; at the end with the rest and nothing.
template <class Each>
void walk_template(std::string_view text, Each each) {
  for (std::size_t open = text.find('{'); open != std::string_view::npos; open = text.find('{')) {
    const std::size_t close = std::min(text.find('}', open), text.size());
    each(text.substr(0, open), text.substr(open + 1, close - open - 1));
    text.remove_prefix(std::min(close + 1, text.size()));
  }
  each(text, std::string_view());
}

}  // namespace

Meaning AuditVocabulary::meaning_of_numbered(std::string_view name) const {
  static const std::vector<std::pair<std::string_view, Meaning>> of_step{
      {"result", {Meaning::Kind::word, {"ok", "err"}}},
      {"said", {Meaning::Kind::word, {"success", "an error"}}},
      {"status", {Meaning::Kind::number}},
      {"bytes", {Meaning::Kind::size}},
      {"took", {Meaning::Kind::time}},
      {"requests", {Meaning::Kind::number}},
      {"connections", {Meaning::Kind::number}},
      {"reused", {Meaning::Kind::word, yes_or_no}},
      {"connection", {Meaning::Kind::number}},
      {"asked_close", {Meaning::Kind::word, yes_or_no}},
      {"answer_time", {Meaning::Kind::time}},
  };
  static const std::vector<std::pair<std::string_view, Meaning>> of_connection{
      {"requests", {Meaning::Kind::number}},
      {"dropped", {Meaning::Kind::size}},
      {"closed_first", {Meaning::Kind::word, {"server", "client", "both", "undetermined", "open"}}},
      {"closed_by", {Meaning::Kind::word, {"fin", "rst", "timeout", "undetermined", "open"}}},
  };
  const std::vector<std::string> parts = split_at_dots(name);
  if (parts.size() != 3) return {};
  const auto number = server::parse_number(parts[1]);
  const bool is_step = parts[0] == "step";
  if (!number || number.value == 0 || (!is_step && parts[0] != "connection")) return {};
  if (is_step && number.value > steps_) return {};
  const auto& fields = is_step ? of_step : of_connection;
  const auto found = std::ranges::find(fields, parts[2], &std::pair<std::string_view, Meaning>::first);
  return found == fields.end() ? Meaning{} : found->second;
}

Meaning AuditVocabulary::meaning(std::string_view name) const {
  static const std::vector<std::string_view> counts{"connections", "connections.unused", "connections.open", "requests",
                                                    "handled",     "rules_fired",        "sockets.keepalive"};
  if (std::ranges::find(counts, name) != counts.end()) return {Meaning::Kind::number};
  const std::vector<std::string> parts = split_at_dots(name);
  if (parts.size() == 2 && (parts[0] == "requests" || parts[0] == "handled"))
    return {std::ranges::find(methods, parts[1]) == methods.end() ? Meaning::Kind::unknown : Meaning::Kind::number};
  if (parts.size() == 2 && parts[0] == "sockets")
    return {parse_tcp_state(parts[1]) ? Meaning::Kind::number : Meaning::Kind::unknown};
  return meaning_of_numbered(name);
}

std::string AuditVocabulary::unknown_name(std::string_view name) const {
  std::vector<std::string> names{"connections", "connections.unused", "connections.open", "requests",
                                 "handled",     "rules_fired",        "sockets.keepalive"};
  for (std::size_t step = 1; step <= steps_; ++step)
    for (const char* field : {"result", "said", "status", "bytes", "took", "requests", "connections", "reused",
                              "connection", "asked_close", "answer_time"})
      names.push_back(fmt::format("step.{}.{}", step, field));
  for (const char* field : {"requests", "dropped", "closed_first", "closed_by"})
    names.push_back(fmt::format("connection.1.{}", field));
  return server::unknown_word("observation", name, {names.begin(), names.end()},
                              "docs/audit.md lists what can be observed");
}

Expectation AuditVocabulary::parse(std::string_view text, std::string& error) const {
  return parse_expectation(text,
                           {.meaning = [this](std::string_view name) { return meaning(name); },
                            .unknown = [this](std::string_view name) { return unknown_name(name); }},
                           error);
}

Observations observe(const Played& played) {
  Observations seen;
  const std::vector<TimedRequest> requests = timed_requests(played.records);
  observe_requests(requests, seen);
  for (std::size_t i = 0; i < played.steps.size(); ++i)
    observe_step(played, i, requests_of_step(requests, played, i), seen);
  for (const ConnectionRecord& record : played.records) observe_connection(record, seen);
  const auto count = [&](auto&& matches) {
    return observed_number(static_cast<double>(std::ranges::count_if(played.records, matches)));
  };
  seen["connections"] = observed_number(static_cast<double>(played.records.size()));
  seen["connections.unused"] = count([](const ConnectionRecord& record) { return record.request_count == 0; });
  seen["connections.open"] = count([](const ConnectionRecord& record) { return !has_ended(record); });
  seen["rules_fired"] = observed_number(static_cast<double>(played.rules_fired));
  if (played.sockets) observe_sockets(*played.sockets, seen);
  return seen;
}

bool is_clients_word(std::string_view name) {
  return name.starts_with("step.") && (name.ends_with(".result") || name.ends_with(".said") ||
                                       name.ends_with(".status") || name.ends_with(".bytes"));
}

std::vector<std::string> names_in_template(std::string_view text) {
  std::vector<std::string> names;
  walk_template(text, [&](std::string_view, std::string_view place) {
    if (!place.empty()) names.emplace_back(place.substr(0, place.find(':')));
  });
  return names;
}

std::string fill_template(std::string_view text, const Observations& seen) {
  std::string out;
  walk_template(text, [&](std::string_view before, std::string_view place) {
    out += before;
    if (place.empty()) return;
    const std::size_t colon = place.find(':');
    const auto found = seen.find(std::string(place.substr(0, colon)));
    out += found == seen.end() ? std::string(not_seen) : found->second.text;
    if (colon != std::string_view::npos)
      out += noun_for(found == seen.end() ? "" : found->second.text, place.substr(colon + 1));
  });
  return out;
}

}  // namespace closelab::lab
