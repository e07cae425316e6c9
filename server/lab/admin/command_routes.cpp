#include <fmt/format.h>

#include "server/lab/admin/json_body.h"
#include "server/lab/admin/routes.h"

namespace closelab::lab {
namespace {

/// The connection of the call. Throws Refusal: 404 when there is none of that number, 409 when it has begun to end.
ConnectionRecord open_connection(const Server& lab, std::uint64_t id) {
  const auto record = lab.connection(id);
  if (!record) throw Refusal(404, fmt::format("there is no connection {}", id));
  if (record->phase == Phase::settled) throw Refusal(409, fmt::format("connection {} has ended", id));
  return *record;
}

CloseMode close_mode_of(const Call& call, CloseMode otherwise) {
  const auto name = call.parameter("mode");
  if (!name) return otherwise;
  const auto mode = parse_close_mode(*name);
  if (!mode) throw Refusal(400, fmt::format("mode: {} is none of {}", server::quoted(*name), close_mode_names()));
  return *mode;
}

Response close_connection(Server& lab, const Call& call) {
  CloseMode mode = close_mode_of(call, lab.options().close_mode);
  open_connection(lab, call.id);
  if (!lab.close(call.id, mode)) throw Refusal(409, fmt::format("connection {} is ending already", call.id));
  // An end that is under way is finished in another mode.
  const auto record = lab.connection(call.id);
  if (record && record->phase >= Phase::closing) mode = record->close_mode;
  return json_reply(object({{"connection_id", call.id}, {"close_mode", to_string(mode)}}));
}

Response hold_connection(Server& lab, std::uint64_t id, Switch hold) {
  open_connection(lab, id);
  hold == Switch::on ? lab.hold_close(id) : lab.release(id);
  return json_reply(object({{"connection_id", id}, {"hold_close", hold == Switch::on}}));
}

Response hold_all(Server& lab, Switch hold) {
  hold == Switch::on ? lab.hold_close() : lab.release();
  return json_reply(object({{"hold_close", hold == Switch::on}}));
}

}  // namespace

AdminRoute command(std::string_view path, std::vector<std::string_view> parameters, std::string_view help,
                   std::function<Response(const Call&)> act, RunsOn runs_on) {
  const auto action = [act = std::move(act), parameters](const Call& call) {
    expect_no_content(call.request().body, parameters);
    return act(call);
  };
  return {"POST", std::string(path), std::move(parameters), help, action, runs_on};
}

std::vector<AdminRoute> command_routes(Server& lab) {
  return {
      command("/close-idle", {}, "closes the connections that wait for a request; says how many",
              [&lab](const Call&) {
                return json_reply(object({{"closed", lab.close_idle()}}));
              }),
      command("/connections/ID/close", {"mode"}, "ends a connection, whatever it is doing",
              [&lab](const Call& call) { return close_connection(lab, call); }),
      command("/connections/ID/hold", {}, "from now on our side does not close this connection",
              [&lab](const Call& call) { return hold_connection(lab, call.id, Switch::on); }),
      command("/connections/ID/release", {}, "ends the holding of this connection",
              [&lab](const Call& call) { return hold_connection(lab, call.id, Switch::off); }),
      command("/hold", {}, "from now on our side closes no connection",
              [&lab](const Call&) { return hold_all(lab, Switch::on); }),
      command("/release", {}, "ends all holding", [&lab](const Call&) { return hold_all(lab, Switch::off); }),
  };
}

}  // namespace closelab::lab
