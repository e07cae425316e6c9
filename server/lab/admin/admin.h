#pragma once

#include <memory>
#include <string>
#include <vector>

#include "closelab/server.h"
#include "server/lab/admin/command_thread.h"
#include "server/lab/admin/route.h"
#include "server/lab/admin/server_events.h"
#include "server/lab/settings/settings.h"

namespace closelab::lab {

/// The admin port: a server of its own, so that its connections appear nowhere in what the lab's server tells, and
/// its requests take none of the lab's time. docs/admin.md describes its routes.
class Admin {
 public:
  /// Listens when it returns. Throws ListenError when the port of the settings is taken; `admin_port = auto` falls
  /// back to any port. Both outlive it.
  Admin(const Settings& settings, Server& lab, ServerEvents& events);
  /// Calls stop().
  ~Admin();
  Admin(const Admin&) = delete;
  Admin& operator=(const Admin&) = delete;

  /// `http://127.0.0.1:8081/`
  std::string url() const { return server_->url(); }
  Endpoint endpoint() const { return server_->endpoint(); }
  /// Answers all that wait, ends all streams, and stops listening.
  void stop();

 private:
  void serve(const Responder& responder);

  ServerEvents& events_;
  const std::vector<std::string> hosts_;
  std::vector<AdminRoute> routes_;
  CommandThread commands_;
  std::unique_ptr<Server> server_;
};

}  // namespace closelab::lab
