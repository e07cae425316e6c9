#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

#include "server/lab/admin/json_body.h"
#include "server/lab/admin/routes.h"
#include "server/lab/packets/packet_log.h"

namespace closelab::lab {
namespace {

constexpr std::string_view pcapng_type = "application/x-pcapng";
// Each has a buffer of 8 MiB in the kernel.
constexpr long most_captures = 4;

/// Throws Refusal when capturing is not allowed here.
std::shared_ptr<PacketLog> begin_capture(const Server& lab) {
  try {
    return std::make_shared<PacketLog>(lab.endpoint());
  } catch (const std::runtime_error& error) {
    throw Refusal(503, fmt::format("{}; it needs CAP_NET_RAW", error.what()));
  }
}

Response pcapng_reply(PacketLog& log, const Server& lab) {
  Response response{.headers = admin_fields(pcapng_type), .body = log.pcapng(lab.connections())};
  response.headers.push_back({"Content-Disposition", "attachment; filename=\"closelab.pcapng\""});
  return response;
}

Response size_reply(PacketLog& log) {
  const PacketLog::Size size = log.size();
  return json_reply(object({{"packets", size.packets}, {"missed", size.missed}}));
}

/// The capture that POST begins and DELETE ends; and those of GET, which end by themselves.
class Captures {
 public:
  Captures(Server& lab, EventDispatcher& dispatcher) : lab_(lab), dispatcher_(dispatcher) {}

  Response begin() {
    const std::lock_guard lock(mutex_);
    if (log_) throw Refusal(409, "a capture is under way already: DELETE /capture ends it");
    log_ = begin_capture(lab_);
    return size_reply(*log_);
  }

  Response end() { return size_reply(*take("DELETE")); }

  std::optional<Response> get(const Call& call) {
    if (call.parameter("for")) return get_for(call, call.wait_of("for", {}));
    std::shared_ptr<PacketLog> log;
    {
      const std::lock_guard lock(mutex_);
      log = log_;
    }
    if (!log)
      throw Refusal(409, "no capture is under way: POST /capture begins one, GET /capture?for=5s is one of 5 s");
    return pcapng_reply(*log, lab_);
  }

 private:
  std::shared_ptr<PacketLog> take(std::string_view method) {
    const std::lock_guard lock(mutex_);
    if (!log_) throw Refusal(409, fmt::format("{} /capture: no capture is under way", method));
    return std::exchange(log_, nullptr);
  }

  /// Answered when the time is over.
  std::optional<Response> get_for(const Call& call, std::chrono::milliseconds time) {
    const std::shared_ptr<PacketLog> log = begin_capture(lab_);
    under_way_.push_back(log);
    std::erase_if(under_way_, [](const std::weak_ptr<PacketLog>& each) { return each.expired(); });
    if (under_way_.size() > most_captures) throw Refusal(503, "too many captures are under way");
    const auto answer = [this, log, responder = call.responder](Outcome outcome) {
      responder.send(outcome == Outcome::timed_out ? pcapng_reply(*log, lab_) : error_reply({503, "the server stops"}));
    };
    const auto is_wanted = [responder = call.responder] { return responder.is_wanted(); };
    const auto probe = [is_wanted] { return !is_wanted(); };
    if (!dispatcher_.watch(probe, time, answer, is_wanted)) throw Refusal(503, "too many are waiting already");
    return std::nullopt;
  }

  Server& lab_;
  EventDispatcher& dispatcher_;
  std::mutex mutex_;
  std::shared_ptr<PacketLog> log_;
  /// Only the admin port's thread touches them.
  std::vector<std::weak_ptr<PacketLog>> under_way_;
};

}  // namespace

std::vector<AdminRoute> capture_routes(Server& lab, EventDispatcher& dispatcher) {
  const auto captures = std::make_shared<Captures>(lab, dispatcher);
  const auto begin = [captures](const Call&) { return captures->begin(); };
  return {
      {"GET",
       "/capture",
       {"for"},
       "packets with the words of the ladders, as pcapng: those since POST /capture, or of so long from now on",
       [captures](const Call& call) { return captures->get(call); }},
      command("/capture", {}, "begins a capture", begin, RunsOn::admin_reactor),
      {"DELETE", "/capture", {}, "ends it", [captures](const Call&) { return captures->end(); }},
  };
}

}  // namespace closelab::lab
