#pragma once

#include <string>

#include "server/lab/audit/audit_settings.h"
#include "server/lab/audit/client.h"

namespace closelab::lab {

/// What makes the client that the settings name. Throws UsageError when they name none, or several, or its file can't
/// be used.
ClientFactory client_factory(const AuditSettings& settings);

/// The client as it was given: `curl -sS`, `driver.py`, `nginx.conf`, `chromium`.
std::string client_text(const AuditSettings& settings);

}  // namespace closelab::lab
