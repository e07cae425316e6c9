#include <chrono>

#include "server/lab/json/record_json.h"
#include "server/lab/watch/print.h"

namespace closelab::lab {
namespace {

Json to_json(const StateCounts& counts) {
  Json json = Json::object();
  for (const auto& [state, count] : counts) json[std::string(to_string(state))] = count;
  return json;
}

Json to_json(const TcpFilter& filter) {
  Json json = Json::object();
  if (filter.port) json["port"] = *filter.port;
  if (filter.peer) json["peer"] = to_string(*filter.peer);
  for (const TcpState state : filter.states) json["states"].push_back(to_string(state));
  return json;
}

Json to_json(const ListedSocket& row) {
  const TcpSocket& socket = row.socket;
  Json json = object({{"proto", socket.local.family == AddressFamily::ipv6 ? "tcp6" : "tcp"},
                      {"receive_queue", socket.receive_queue},
                      {"send_queue", socket.send_queue},
                      {"local", to_string(socket.local)},
                      {"remote", to_string(socket.remote)},
                      {"state", to_string(socket.state)},
                      {"timer", to_string(socket.timer)},
                      {"timer_left_ms", socket.timer_left.count()}});
  if (row.time_wait) json["time_wait"] = to_string(*row.time_wait);
  return json;
}

}  // namespace

std::string watch_json(const Snapshot& snapshot) {
  const auto at = std::chrono::floor<std::chrono::milliseconds>(snapshot.at.time_since_epoch());
  Json sockets = Json::array();
  for (const ListedSocket& row : snapshot.listed) sockets.push_back(to_json(row));
  const Json json = object({{"at_ms", at.count()},
                            {"filter", to_json(snapshot.filter)},
                            {"states", to_json(snapshot.counts)},
                            {"sockets", std::move(sockets)},
                            {"left_out", snapshot.not_listed}});
  return json.dump() + '\n';
}

}  // namespace closelab::lab
