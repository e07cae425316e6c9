#include <fmt/format.h>

#include <array>
#include <limits>

#include "server/lab/admin/routes.h"

namespace closelab::lab {
namespace {

using std::chrono::milliseconds;

/// Open connections that an answer names.
constexpr std::size_t most_left = 1000;

constexpr std::array listener_modes{ListenerMode::accept, ListenerMode::refuse, ListenerMode::ignore};

std::optional<milliseconds> duration_of(const Call& call, std::string_view name) {
  return call.duration(name, std::chrono::hours(24 * 365), "a year");
}

Switch announce_of(const Call& call) {
  const std::string_view text = call.parameter("announce").value_or("on");
  if (text != "on" && text != "off")
    throw Refusal(400, fmt::format("announce: {} is none of on, off", server::quoted(text)));
  return text == "on" ? Switch::on : Switch::off;
}

DrainOptions drain_options_of(const Call& call) {
  DrainOptions options{announce_of(call), duration_of(call, "idle_after").value_or(milliseconds(0)), {}};
  if (!call.parameter("status")) return options;
  for (const std::string_view name : {"announce", "idle_after"})
    if (call.parameter(name))
      throw Refusal(400, fmt::format("{} does not go with status, which keeps connections", name));
  const std::uint64_t status = call.number("status", 0);
  if (status < 400 || status > 599) throw Refusal(400, "status: it has to be 400 to 599");
  options.status = static_cast<int>(status);
  return options;
}

Response drain(Server& lab, const Call& call) {
  const DrainOptions options = drain_options_of(call);
  lab.drain(options);
  const Json status = options.status ? Json(*options.status) : Json();
  const OpenConnections left = open_connections(lab, most_left);
  return json_reply(object({{"drain", object({{"announce", options.announce == Switch::on && !options.status},
                                              {"idle_after_ms", options.idle_after.count()},
                                              {"status", status}})},
                            {"left", left.told},
                            {"left_out", left.left_out}}));
}

Response undrain(Server& lab) {
  lab.undrain();
  const OpenConnections left = open_connections(lab, most_left);
  return json_reply(object({{"drain", nullptr}, {"left", left.told}, {"left_out", left.left_out}}));
}

ListenerMode listener_mode_of(const Call& call) {
  const std::string_view text = call.parameter("mode").value_or("");
  for (const ListenerMode mode : listener_modes)
    if (to_string(mode) == text) return mode;
  throw Refusal(400, fmt::format("mode: {} is none of accept, refuse, ignore", server::quoted(text)));
}

std::optional<int> backlog_of(const Call& call, ListenerMode mode) {
  if (!call.parameter("backlog")) return std::nullopt;
  if (mode != ListenerMode::ignore) throw Refusal(400, "backlog goes with mode=ignore");
  const std::uint64_t backlog = call.number("backlog", 0);
  if (backlog > std::numeric_limits<std::uint16_t>::max()) throw Refusal(400, "backlog: the largest is 65535");
  return static_cast<int>(backlog);
}

Response set_listener(Server& lab, const Call& call) {
  const ListenerMode mode = listener_mode_of(call);
  const auto duration = duration_of(call, "for");
  if (duration && mode == ListenerMode::accept) throw Refusal(400, "for goes with mode=refuse and mode=ignore");
  const auto backlog = backlog_of(call, mode);
  try {
    lab.set_listener(mode, duration, backlog);
  } catch (const ListenError& error) {
    throw Refusal(503, error.what());
  }
  return json_reply(object({{"listener", to_string(mode)}, {"for_ms", duration ? Json(duration->count()) : Json()}}));
}

}  // namespace

std::vector<AdminRoute> drain_routes(Server& lab) {
  return {
      command("/drain", {"announce", "idle_after", "status"},
              "from now on answers say Connection: close, and idle connections are closed; says who is left",
              [&lab](const Call& call) { return drain(lab, call); }),
      command("/undrain", {}, "ends the drain", [&lab](const Call&) { return undrain(lab); }),
      command("/listener", {"mode", "for", "backlog"}, "what those who connect find: mode=accept, refuse or ignore",
              [&lab](const Call& call) { return set_listener(lab, call); }),
  };
}

}  // namespace closelab::lab
