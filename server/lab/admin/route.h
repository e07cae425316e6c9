#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "closelab/handler.h"
#include "server/lab/admin/reply.h"
#include "server/lab/settings/query.h"

namespace closelab::lab {

/// A request of the admin port, taken apart.
struct Call {
  Responder responder;
  /// What stands for ID in the route's path; 0 when it has none.
  std::uint64_t id = 0;
  Parameters query{};

  const Request& request() const { return responder.request(); }
  /// The value of the parameter of that name.
  std::optional<std::string_view> parameter(std::string_view name) const;
  /// Throw Refusal when the value is none.
  std::uint64_t number(std::string_view name, std::uint64_t otherwise) const;
  std::vector<std::string> list(std::string_view name) const;
  /// Unset when there is none of that name. `longest`, and that in words.
  std::optional<std::chrono::milliseconds> duration(std::string_view name, std::chrono::milliseconds longest,
                                                    std::string_view text) const;
  /// How long something is waited for: 10 minutes at most.
  std::chrono::milliseconds wait_of(std::string_view name, std::chrono::milliseconds otherwise) const;
};

/// What answers a route: the response, or none when it is sent later through the call's responder. Throws Refusal.
using Action = std::function<std::optional<Response>(const Call&)>;

/// Where a route's action runs. What the lab's reactors have to have done before it is answered takes a CommandThread.
enum class RunsOn { admin_reactor, command_thread };

struct AdminRoute {
  std::string_view method;
  /// `/connections/ID/close`; ID stands for a number.
  std::string path;
  std::vector<std::string_view> parameters;
  /// Empty: the list leaves it out.
  std::string_view help;
  Action action;
  RunsOn runs_on = RunsOn::admin_reactor;
};

/// The route of a path and a method, and the number that stands for ID. HEAD is answered as GET is. Throws Refusal:
/// 404 for an unknown path, 405 for an unknown method.
std::pair<const AdminRoute*, std::uint64_t> find_route(const std::vector<AdminRoute>& routes, std::string_view method,
                                                       std::string_view path);

/// Reads the query; throws Refusal (400) that names a parameter that the route does not have, or that is given twice.
Parameters read_parameters(const AdminRoute& route, std::string_view query);

/// A line for each route.
std::string route_list(const std::vector<AdminRoute>& routes);

}  // namespace closelab::lab
