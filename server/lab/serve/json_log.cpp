// One JSON object a line, for programs. The keys are those of the conf file and the C++ API.

#include "server/lab/about/version.h"
#include "server/lab/json/record_json.h"
#include "server/lab/serve/log.h"

namespace closelab::lab {
namespace {

/// A request target may hold any bytes; what is not UTF-8 becomes U+FFFD.
std::string line(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n'; }

Json to_json(const Endings& endings) {
  Json json = Json::object();
  for (std::size_t side = 0; side < endings.counts.size(); ++side)
    for (std::size_t by = 0; by < endings.counts[side].size(); ++by)
      if (const auto count = endings.counts[side][by]; count > 0)
        json[std::string(to_string(static_cast<Side>(side)))][std::string(to_string(static_cast<ClosedBy>(by)))] =
            count;
  return json;
}

class JsonLog : public Log {
 public:
  std::string listening(const Listening& listening) const override {
    Json json = object({{"event", "listening"},
                        {"url", listening.url},
                        {"address", address_text(listening.endpoint)},
                        {"port", listening.endpoint.port},
                        {"pid", listening.pid},
                        {"version", build_facts.version}});
    if (!listening.admin_url.empty()) json["admin_url"] = listening.admin_url;
    json["witness"] = listening.no_witness.empty() ? "packets" : "none";
    if (!listening.no_witness.empty()) json["no_witness_reason"] = listening.no_witness;
    if (listening.rule_seed) json["rule_seed"] = *listening.rule_seed;
    return line(json);
  }

  std::string request(const ConnectionRecord& record, const RequestRecord& request) const override {
    return line(object({{"event", "request"},
                        {"connection_id", record.id},
                        {"client", to_string(record.client)},
                        {"request", lab::to_json(request)}}));
  }

  std::string closing(const ConnectionRecord& record, std::chrono::system_clock::time_point) const override {
    return line(
        object({{"event", "closing"}, {"connection_id", record.id}, {"close_reason", to_string(record.close_reason)}}));
  }

  std::string settled(const ConnectionRecord& record) const override {
    return line(object({{"event", "settled"}, {"connection", lab::to_json(record)}}));
  }

  std::string stopped(const Stopped& stopped) const override {
    Json held_up = Json::array();
    for (const ConnectionRecord& record : stopped.report.held_up) held_up.push_back(lab::to_json(record));
    Json unused_rules = Json::array();
    for (const RuleStatus& rule : stopped.report.unused_rules) unused_rules.push_back(lab::to_json(rule));
    return line(object({{"event", "stopped"},
                        {"signal", stopped.signal},
                        {"duration_ms", stopped.report.duration.count()},
                        {"accepted", stopped.counts.accepted},
                        {"requests", stopped.counts.requests},
                        {"reused", stopped.counts.reused},
                        {"settled", stopped.counts.settled},
                        {"closed_first", to_json(stopped.endings)},
                        {"held_up", std::move(held_up)},
                        {"unused_rules", std::move(unused_rules)}}));
  }

  std::string dropped(std::uint64_t events) const override {
    return line(object({{"event", "dropped"}, {"events", events}}));
  }
};

}  // namespace

std::unique_ptr<Log> json_log() { return std::make_unique<JsonLog>(); }

}  // namespace closelab::lab
