#include <sstream>
#include <string>

#include "closelab/tcp_table.h"
#include "server/lab/admin/routes.h"
#include "server/lab/admin/tcp_states.h"

namespace closelab::lab {
namespace {

constexpr std::uint64_t default_limit = 1000;
constexpr std::string_view openmetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";

Response get_states(const Server& lab, const Call& call) {
  const Endpoint server = lab.endpoint();
  const TcpTable table = tcp_sockets({.port = server.port});
  if (table.error) throw Refusal(500, "the kernel's socket table can't be read: " + table.error.message());
  Json states{{"server_endpoint", to_string(server)}};
  states.update(states_json(server, table.sockets, call.number("limit", default_limit)));
  return json_reply(states);
}

/// A setting as the conf file has it: numbers and switches with their types.
Json typed(const Setting& setting, const std::string& text) {
  if (setting.kind == Kind::on_off) return text == "on";
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  return setting.kind == Kind::number && digits ? Json::parse(text) : Json(text);
}

Response get_conf(const Settings& settings, const Server& lab) {
  Json values = Json::object();
  for (const Setting& setting : schema()) values[std::string(setting.key)] = typed(setting, setting.get(settings));
  Json options = Json::object();
  std::istringstream lines(lab.socket_options_in_effect());
  for (std::string name, equals, value; lines >> name >> equals && std::getline(lines >> std::ws, value);)
    options[name] = value;
  return json_reply({{"url", lab.url()}, {"settings", std::move(values)}, {"socket_options", std::move(options)}});
}

}  // namespace

std::vector<AdminRoute> overview_routes(const Settings& settings, Server& lab, ServerEvents& feed) {
  return {
      {"GET",
       "/states",
       {"limit"},
       "sockets by TCP state, the server's and its clients' on this machine",
       [&lab](const Call& call) { return get_states(lab, call); }},
      {"GET",
       "/conf",
       {},
       "the settings in effect, and the socket options as the kernel reports them",
       [&lab, settings](const Call&) { return get_conf(settings, lab); }},
      {"GET",
       "/metrics",
       {},
       "counters and histograms, as OpenMetrics text",
       [&lab, &feed](const Call&) { return text_reply(feed.metrics(lab.counts()), openmetrics); }},
  };
}

}  // namespace closelab::lab
