#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/lab/audit/child.h"
#include "server/lab/audit/client.h"
#include "server/lab/audit/front_client.h"
#include "server/lab/audit/proxy_template.h"
#include "server/lab/audit/temporary_folder.h"

namespace closelab::lab {

/// A reverse proxy as the client: what a scenario's server sees is its pool of upstream connections. It is started for
/// each scenario, for a proxy knows its upstreams before it starts. In front of it is a FrontClient.
class ProxyClient : public Client {
 public:
  explicit ProxyClient(ProxyTemplate proxy) : template_(std::move(proxy)) {}

  std::string cannot_play(const std::vector<PlanStep>& plan) const override;
  void begin(const std::vector<ClientStep>& steps) override;
  Reply play(std::size_t index) override;
  void end() override;
  void exit() override;
  std::string version() override;

 private:
  void start(const std::string& upstream);
  void await_listening();

  ProxyTemplate template_;
  std::vector<ClientStep> steps_;
  std::unique_ptr<TemporaryFolder> folder_;
  std::unique_ptr<Child> process_;
  std::uint16_t port_ = 0;
  std::optional<FrontClient> front_;
};

}  // namespace closelab::lab
