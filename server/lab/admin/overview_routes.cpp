#include <unistd.h>

#include <chrono>
#include <string>

#include "closelab/tcp_table.h"
#include "server/lab/admin/routes.h"
#include "server/lab/admin/tcp_states.h"

namespace closelab::lab {
namespace {

constexpr std::uint64_t states_limit = 1000;
constexpr std::string_view openmetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// How often each end closed first.
Json endings_json(const std::map<Side, std::uint64_t>& endings) {
  Json json = object({{"server", 0}, {"client", 0}, {"both", 0}, {"undetermined", 0}});
  for (const auto& [side, count] : endings) json[std::string(to_string(side))] = count;
  return json;
}

bool wants_each(const Call& call) {
  const std::string_view each = call.parameter("each").value_or("off");
  if (each != "on" && each != "off") throw Refusal(400, "each: on or off");
  return each == "on";
}

Response get_states(const Server& lab, const ServerEvents& events, const Call& call) {
  const Endpoint server = lab.endpoint();
  const TcpTable table = tcp_sockets({.port = server.port});
  if (table.error) throw Refusal(500, "the kernel's socket table can't be read: " + table.error.message());
  Json states = object({{"server_endpoint", to_string(server)}});
  const std::uint64_t limit = call.number("limit", states_limit);
  states.update(states_json(server, table.sockets, limit));
  states["counts"] = to_json(lab.counts());
  states["endings"] = endings_json(events.endings_by_side());
  if (wants_each(call)) states["sockets"] = sockets_json(server, table.sockets, limit);
  return json_reply(states);
}

std::int64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

/// A setting as the conf file has it: numbers and switches with their types.
Json typed(const Setting& setting, const std::string& text) {
  if (setting.kind == Kind::on_off) return text == "on";
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  return setting.kind == Kind::number && digits ? Json::parse(text) : Json(text);
}

Response get_conf(const Settings& settings, const Server& lab, std::int64_t started_at_ms) {
  Json values = Json::object();
  for (const Setting& setting : schema()) values[std::string(setting.key)] = typed(setting, setting.get(settings));
  Json options = Json::object();
  for (const auto& [name, value] : lab.socket_options_in_effect()) options[name] = value;
  return json_reply(object({{"url", lab.url()},
                            {"pid", ::getpid()},
                            {"started_at_ms", started_at_ms},
                            {"settings", std::move(values)},
                            {"socket_options", std::move(options)}}));
}

}  // namespace

std::vector<AdminRoute> overview_routes(const Settings& settings, Server& lab, ServerEvents& events) {
  return {
      {"GET",
       "/states",
       {"limit", "each"},
       "sockets by TCP state, the server's and its clients' on this machine; each=on lists them",
       [&lab, &events](const Call& call) { return get_states(lab, events, call); }},
      {"GET",
       "/conf",
       {},
       "the settings in effect, and the socket options as the kernel reports them",
       [&lab, settings, started = now_ms()](const Call&) { return get_conf(settings, lab, started); }},
      {"GET",
       "/metrics",
       {},
       "counters and histograms, as OpenMetrics text",
       [&lab, &events](const Call&) { return text_reply(events.metrics(lab.counts()), openmetrics); }},
  };
}

}  // namespace closelab::lab
