#include "server/lab/audit/make_client.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "server/lab/audit/browser_client.h"
#include "server/lab/audit/command_client.h"
#include "server/lab/audit/driver_client.h"
#include "server/lab/audit/proxy_client.h"
#include "server/lab/settings/toml_text.h"
#include "server/lab/settings/usage_error.h"

namespace closelab::lab {
namespace {

/// Of --driver, --proxy and --browser the one that was given; empty: none.
std::string named_client(const AuditSettings& settings) {
  std::vector<std::string> named{settings.driver, settings.proxy, settings.browser};
  std::erase(named, "");
  if (named.size() > 1) throw UsageError("--driver, --proxy and --browser each name a client, and one audit has one");
  return named.empty() ? "" : named.front();
}

std::vector<std::string> with_arguments(std::vector<std::string> command, const std::vector<std::string>& arguments) {
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

template <class Made, class Argument>
ClientFactory making(Argument argument) {
  return [argument] { return std::make_unique<Made>(argument); };
}

}  // namespace

ClientFactory client_factory(const AuditSettings& settings) {
  const std::vector<std::string>& command = settings.command;
  if (named_client(settings).empty() && command.empty())
    throw UsageError(
        "no client is given: `closelab audit -- COMMAND`, --driver FILE, --proxy FILE or --browser PROGRAM; "
        "--list shows the scenarios");
  if (!settings.driver.empty()) return making<DriverClient>(with_arguments(driver_command(settings.driver), command));
  if (!settings.browser.empty()) return making<BrowserClient>(with_arguments({settings.browser}, command));
  if (!settings.proxy.empty()) {
    ProxyTemplate proxy = parse_proxy_template(read_toml_file(settings.proxy), settings.proxy);
    proxy.run = with_arguments(std::move(proxy.run), command);
    return making<ProxyClient>(std::move(proxy));
  }
  return is_curl(command) ? making<CurlClient>(command) : making<CommandClient>(command);
}

std::string client_text(const AuditSettings& settings) {
  return fmt::format(
      "{}", fmt::join(named_client(settings).empty() ? settings.command
                                                     : with_arguments({named_client(settings)}, settings.command),
                      " "));
}

}  // namespace closelab::lab
