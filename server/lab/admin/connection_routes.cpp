#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "server/lab/admin/routes.h"
#include "server/lab/json/picture_json.h"
#include "server/lab/settings/fixed_limits.h"
#include "server/text/quantity.h"

namespace closelab::lab {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t default_limit = 1000;
constexpr milliseconds default_timeout{5000};
constexpr milliseconds default_open_for{1000};
/// Open connections that a timeout tells of.
constexpr std::size_t told_connections = 16;

constexpr std::array phases{Phase::idle, Phase::active, Phase::closing, Phase::settled};

Phase parse_phase(std::string_view text) {
  for (const Phase phase : phases)
    if (to_string(phase) == text) return phase;
  throw Refusal(400, fmt::format("phase: {} is none of idle, active, closing, settled", server::quoted(text)));
}

/// All phases when none is asked for.
std::vector<Phase> phases_of(const Call& call) {
  std::vector<Phase> wanted;
  for (const std::string& word : call.list("phase")) wanted.push_back(parse_phase(word));
  return wanted.empty() ? std::vector<Phase>(phases.begin(), phases.end()) : wanted;
}

/// The ids of the connections that fit the call, without copying their records.
std::vector<std::uint64_t> wanted_ids(const Server& lab, const Call& call) {
  const std::vector<Phase> wanted = phases_of(call);
  const std::uint64_t after = call.number("after", 0);
  std::vector<std::uint64_t> ids;
  lab.each_connection([&](const ConnectionRecord& record) {
    if (record.id > after && std::ranges::find(wanted, record.phase) != wanted.end()) ids.push_back(record.id);
  });
  return ids;
}

Response list_connections(const Server& lab, const Call& call) {
  const std::vector<std::uint64_t> ids = wanted_ids(lab, call);
  const auto limit = std::min<std::uint64_t>(call.number("limit", default_limit), ids.size());
  Json connections = Json::array();
  for (std::size_t i = ids.size() - limit; i < ids.size(); ++i)
    if (const auto record = lab.connection(ids[i])) connections.push_back(to_json(*record));
  return json_reply(object(
      {{"counts", to_json(lab.counts())}, {"left_out", ids.size() - limit}, {"connections", std::move(connections)}}));
}

/// Throws Refusal when there is no such connection any more, or not yet.
ConnectionRecord known_connection(const Server& lab, std::uint64_t id) {
  if (auto record = lab.connection(id)) return *record;
  const Counts counts = lab.counts();
  if (id > counts.accepted)
    throw Refusal(404, fmt::format("there is no connection {} yet: {} accepted so far", id, counts.accepted));
  const auto age = lab.options().records_age;
  throw Refusal(
      404, fmt::format("the record of connection {} has been dropped: the setting records_kept is {}{}", id,
                       lab.options().records_kept, age ? fmt::format(", and records_age {} ms", age->count()) : ""));
}

milliseconds timeout_of(const Call& call) { return call.wait_of("timeout", default_timeout); }

Barrier barrier_of(const Call& call) {
  const std::string_view name = *call.parameter("wait");
  const auto until = parse_until(name);
  if (!until)
    throw Refusal(400, fmt::format("wait: {} is none of accepted, idle, peer_closed, leaked, closed{}",
                                   server::quoted(name), call.id == 0 ? ", all_settled" : ""));
  Barrier barrier{.until = *until, .after = call.number("after", 0), .requests = call.number("requests", 0)};
  if (call.id != 0) barrier.connection = call.id;
  return barrier;
}

struct Wait {
  Barrier barrier;
  milliseconds timeout;
};

/// What is said when a wait was in vain.
Response timed_out(const Server& lab, milliseconds timeout, std::string_view what) {
  return error_reply({504, fmt::format("waited {} in vain for {}", server::format_duration(timeout), what),
                      object({{"counts", to_json(lab.counts())},
                              {"open_connections", open_connections(lab, told_connections).told}})});
}

Response reply_to(const Wait& wait, const Server& lab, Outcome outcome, const ConnectionRecord* record) {
  switch (outcome) {
    case Outcome::met:
      return json_reply(with_picture(*record));
    case Outcome::never:
      return error_reply({409, fmt::format("waited for {}; it is {} after {} requests", describe(wait.barrier),
                                           to_string(record->phase), record->request_count)});
    case Outcome::timed_out:
      return timed_out(lab, wait.timeout, describe(wait.barrier));
    case Outcome::stopped:
      break;
  }
  return error_reply({503, "the server stops"});
}

/// What a probe looks for, in words, and how it is answered when it was in vain.
void watch(const Server& lab, EventDispatcher& dispatcher, const Call& call, EventDispatcher::Probe probe,
           const std::string& what) {
  const milliseconds timeout = timeout_of(call);
  const auto otherwise = [&lab, timeout, what, responder = call.responder](Outcome outcome) {
    responder.send(outcome == Outcome::timed_out ? timed_out(lab, timeout, what)
                                                 : error_reply({503, "the server stops"}));
  };
  const auto is_wanted = [responder = call.responder] { return responder.is_wanted(); };
  if (!dispatcher.watch(std::move(probe), timeout, otherwise, is_wanted))
    throw Refusal(503, "too many are waiting already");
}

void await_all_settled(const Server& lab, EventDispatcher& dispatcher, const Call& call) {
  for (const std::string_view name : {"after", "requests", "open_for"})
    if (call.parameter(name)) throw Refusal(400, fmt::format("{} does not go with wait=all_settled", name));
  const auto probe = [&lab, responder = call.responder] {
    const Counts counts = lab.counts();
    if (counts.open > 0) return false;
    responder.send(json_reply(object({{"counts", to_json(counts)}})));
    return true;
  };
  watch(lab, dispatcher, call, probe, "all connections to settle");
}

/// It can't be leaked any more, or nobody can tell: the client's end is gone, or on another machine.
bool is_over(const Server& lab, std::uint64_t id) {
  const auto record = lab.connection(id);
  return record && record->phase == Phase::settled && record->verdict.client_left_in == TcpState::unknown;
}

void await_leaked(const Server& lab, EventDispatcher& dispatcher, const Call& call) {
  if (call.parameter("requests")) throw Refusal(400, "requests does not go with wait=leaked");
  const milliseconds open_for = call.wait_of("open_for", default_open_for);
  const auto probe = [&lab, open_for, id = call.id, after = call.number("after", 0), responder = call.responder] {
    for (const ConnectionRecord& record : lab.leaked(open_for)) {
      if (record.id <= after || (id != 0 && record.id != id)) continue;
      responder.send(json_reply(with_picture(record)));
      return true;
    }
    if (id == 0 || !is_over(lab, id)) return false;
    responder.send(error_reply(
        {409, fmt::format("connection {} has settled, and no end of its client's is known to be open", id)}));
    return true;
  };
  const std::string which = call.id != 0 ? fmt::format("connection {}", call.id) : "a connection";
  watch(lab, dispatcher, call, probe,
        fmt::format("{} to be leaked: our FIN out for {}, and the client's end open", which,
                    server::format_duration(open_for)));
}

std::optional<Response> await(const Server& lab, EventDispatcher& dispatcher, const Call& call) {
  const std::string_view name = *call.parameter("wait");
  if (name == "leaked") return await_leaked(lab, dispatcher, call), std::nullopt;
  if (name == "all_settled" && call.id == 0) return await_all_settled(lab, dispatcher, call), std::nullopt;
  if (call.parameter("open_for")) throw Refusal(400, "open_for goes with wait=leaked");
  const Wait wait{barrier_of(call), timeout_of(call)};
  const auto answer = [&lab, wait, responder = call.responder](Outcome outcome, const ConnectionRecord* record) {
    responder.send(reply_to(wait, lab, outcome, record));
  };
  const auto each = [&lab](const EventDispatcher::Visit& visit) { lab.each_connection(visit); };
  const auto is_wanted = [responder = call.responder] { return responder.is_wanted(); };
  if (!dispatcher.await(wait.barrier, wait.timeout, answer, each, is_wanted))
    throw Refusal(503, "too many are waiting already");
  return std::nullopt;
}

void refuse_without_wait(const Call& call) {
  for (const std::string_view name : {"requests", "timeout", "open_for"})
    if (call.parameter(name)) throw Refusal(400, fmt::format("{} goes with wait", name));
}

std::optional<Response> get_connections(const Server& lab, EventDispatcher& dispatcher, const Call& call) {
  if (!call.parameter("wait")) {
    refuse_without_wait(call);
    return list_connections(lab, call);
  }
  for (const std::string_view name : {"phase", "limit"})
    if (call.parameter(name)) throw Refusal(400, fmt::format("{} does not go with wait", name));
  return await(lab, dispatcher, call);
}

std::optional<Response> get_connection(const Server& lab, EventDispatcher& dispatcher, const Call& call) {
  if (!call.parameter("wait")) {
    refuse_without_wait(call);
    return json_reply(with_picture(known_connection(lab, call.id)));
  }
  // One that has not been accepted yet may be waited for.
  if (call.id <= lab.counts().accepted) known_connection(lab, call.id);
  return await(lab, dispatcher, call);
}

Response get_requests(const Server& lab, const Call& call) {
  const std::uint64_t connection = call.number("connection", 0);
  Json requests = Json::array();
  for (const RequestRecord& request : lab.requests())
    if (connection == 0 || request.connection_id == connection) requests.push_back(to_json(request));
  return json_reply(object({{"counts", to_json(lab.counts())}, {"requests", std::move(requests)}}));
}

EventTypes event_types_of(const Call& call) {
  EventTypes types = 0;
  for (const std::string& word : call.list("types")) {
    const auto type = parse_event_type(word);
    if (!type) throw Refusal(400, fmt::format("types: {} is none of {}", server::quoted(word), event_type_names()));
    types |= event_bit(*type);
  }
  return types == 0 ? all_event_types : types;
}

/// Throws Refusal for 0: a stream of no events would never end.
std::uint64_t at_least_one(const Call& call, std::string_view name) {
  const std::uint64_t number = call.number(name, 1);
  if (number == 0) throw Refusal(400, fmt::format("{}: at least 1", name));
  return number;
}

/// How many events a tick may bring at so many a second, rounded up.
std::uint64_t per_tick(std::uint64_t rate) {
  constexpr std::uint64_t ticks = std::chrono::seconds(1) / event_tick;
  return rate / ticks + (rate % ticks != 0 ? 1 : 0);
}

Response get_events(EventDispatcher& dispatcher, const Call& call) {
  EventStream stream{.body = BodyStream(event_reader_bytes), .types = event_types_of(call)};
  if (call.parameter("limit")) stream.limit = at_least_one(call, "limit");
  if (call.parameter("rate")) stream.per_tick = per_tick(at_least_one(call, "rate"));
  const BodyStream body = stream.body;
  // Whoever has read this knows that nothing that happens from now on is missed.
  body.write(": closelab tells what happens from here on\n\n");
  if (call.request().method == "HEAD") {
    body.end();
  } else if (!dispatcher.subscribe(std::move(stream))) {
    throw Refusal(503, "too many read the events already");
  }
  return {.headers = admin_fields("text/event-stream"), .body_stream = body};
}

}  // namespace

OpenConnections open_connections(const Server& lab, std::size_t most) {
  OpenConnections open;
  lab.each_connection([&](const ConnectionRecord& record) {
    if (record.phase == Phase::settled) return;
    if (open.told.size() == most) return void(++open.left_out);
    open.told.push_back(object({{"id", record.id},
                                {"phase", to_string(record.phase)},
                                {"request_count", record.request_count},
                                {"fin_sent_by", to_string(fin_sent_by(record.evidence))}}));
  });
  return open;
}

std::vector<AdminRoute> connection_routes(Server& lab, EventDispatcher& dispatcher) {
  return {
      {"GET",
       "/connections",
       {"phase", "after", "limit", "wait", "requests", "open_for", "timeout"},
       "records of connections; with wait=accepted, idle, peer_closed, leaked or closed: the first that is, when it "
       "is; "
       "wait=all_settled",
       [&lab, &dispatcher](const Call& call) { return get_connections(lab, dispatcher, call); }},
      {"GET",
       "/connections/ID",
       {"wait", "requests", "open_for", "timeout"},
       "the record of a connection; with wait: as soon as it is so",
       [&lab, &dispatcher](const Call& call) { return get_connection(lab, dispatcher, call); }},
      {"GET",
       "/requests",
       {"connection"},
       "which request came on which connection",
       [&lab](const Call& call) { return get_requests(lab, call); }},
      {"GET",
       "/events",
       {"types", "limit", "rate"},
       "what happens, as server-sent events",
       [&dispatcher](const Call& call) { return get_events(dispatcher, call); }},
  };
}

}  // namespace closelab::lab
