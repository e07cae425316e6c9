#include "server/lab/serve/serve.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <latch>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "closelab/server.h"
#include "net/socket/unique_fd.h"
#include "server/lab/admin/admin.h"
#include "server/lab/admin/server_events.h"
#include "server/lab/packets/packet_log.h"
#include "server/lab/serve/exposure.h"
#include "server/lab/serve/log.h"
#include "server/lab/serve/log_writer.h"
#include "server/lab/serve/query_options.h"
#include "server/lab/serve/routes.h"
#include "server/lab/serve/service_manager.h"
#include "server/lab/serve/stop_signal.h"
#include "server/lab/serve/witness.h"
#include "server/lab/settings/conf_file.h"
#include "server/lab/settings/output_file.h"
#include "server/lab/settings/text_style.h"

namespace closelab::lab {
namespace {

std::unique_ptr<Log> make_log(const Settings& settings) {
  return settings.log_format == LogFormat::json
             ? json_log()
             : text_log([color = settings.color] { return choose_text_layout(color); });
}

/// Every connection is a descriptor; the soft limit of most shells, 1024, is no measure of what is meant.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// The lab's server with its log: what happens is printed, the line that says where it listens first.
class Lab {
 public:
  explicit Lab(const Settings& settings)
      : log_(make_log(settings)),
        output_(STDOUT_FILENO, settings.log_when_full, [this](std::uint64_t events) { return log_->dropped(events); }),
        witness_(choose_witness(settings)),
        cors_(settings.cors),
        capture_file_(settings.capture.value_or("")),
        server_(watched(settings)) {
    if (capture_file_.is_wanted()) start_capture();
    if (settings.admin_port.choice != AdminPort::Choice::off) start_admin(settings);
    output_.write([this] { return log_->listening(listening()); });
    listening_said_.count_down();
    warn();
    notify("READY=1");
  }

  /// Returns when the verdicts of the connections that it ended are printed, too.
  void stop(const std::string& signal) {
    notify("STOPPING=1");
    const StopReport report = server_.stop();
    // Until here whoever waits for an ending gets it.
    if (admin_) admin_->stop();
    save_packets();
    say_stopped(signal, report);
  }

  /// Leaves everything to the kernel, which closes what is open.
  [[noreturn]] void exit_at_once(const std::string& signal) {
    StopReport report;
    for (ConnectionRecord& record : server_.connections())
      if (record.phase != Phase::settled) report.held_up.push_back(std::move(record));
    say_stopped(signal, report);
    std::_Exit(EXIT_SUCCESS);
  }

 private:
  void start_capture() try { packets_.emplace(server_.endpoint()); } catch (const std::runtime_error& error) {
    listening_said_.count_down();
    throw std::runtime_error(fmt::format("capture: {}; it needs CAP_NET_RAW", error.what()));
  }

  void save_packets() {
    if (!packets_) return;
    const std::uint64_t missed = packets_->size().missed;
    if (missed > 0) fmt::print(stderr, "closelab: warning: {} packets are missing in the capture\n", missed);
    try {
      capture_file_.write(packets_->pcapng(server_.connections()));
    } catch (const std::system_error& error) {
      fmt::print(stderr, "closelab: {}\n", error.what());
    }
  }

  void start_admin(const Settings& settings) try { admin_.emplace(settings, server_, events_); } catch (...) {
    // Nothing will be said, and the server can't stop while a callback waits for that.
    listening_said_.count_down();
    throw;
  }

  /// On standard error, so that no reader of the log stumbles.
  void warn() const {
    const auto admin = admin_ ? std::optional(admin_->endpoint()) : std::nullopt;
    for (const std::string& warning : exposure_warnings(server_.endpoint(), admin))
      fmt::print(stderr, "closelab: warning: {}\n", warning);
  }

  Listening listening() const {
    const std::string admin_url = admin_ ? admin_->url() : "";
    return {server_.url(), server_.endpoint(), ::getpid(), rule_seed(), admin_url, witness_.reason};
  }

  std::optional<std::uint64_t> rule_seed() const {
    const auto draws_lots = [](const Rule& rule) { return rule.probability < 1; };
    if (std::ranges::none_of(server_.options().rules, draws_lots)) return std::nullopt;
    return server_.rule_seed();
  }

  Options watched(const Settings& settings) {
    Options options = logged(settings.options);
    options.witness = witness_.witness;
    return settings.admin_port.choice == AdminPort::Choice::off ? options : events_.attach(std::move(options));
  }

  /// What a request's line tells of its connection: a copy of the rest would cost more than the line.
  static ConnectionRecord at_accept(const ConnectionRecord& record) {
    ConnectionRecord accepted;
    accepted.id = record.id;
    accepted.server = record.server;
    accepted.client = record.client;
    accepted.accepted_at = record.accepted_at;
    accepted.refusal = record.refusal;
    return accepted;
  }

  Options logged(Options options) {
    options.rules_of_request = cors_ == Switch::on ? rules_behind_preflight : rules_from_query;
    options.on_listening = [cors = cors_](Server& server) { add_routes(server, cors); };
    options.on_request = [this](const ConnectionRecord& record, const RequestRecord& request) {
      listening_said_.wait();
      output_.write([this, connection = at_accept(record), request] { return log_->request(connection, request); });
    };
    options.on_closing = [this](const ConnectionRecord& record) {
      listening_said_.wait();
      const auto at = std::chrono::system_clock::now();
      output_.write([this, record, at] { return log_->closing(record, at); });
    };
    options.on_settled = [this](const ConnectionRecord& record) {
      listening_said_.wait();
      {
        const std::lock_guard lock(endings_mutex_);
        endings_.add(record.verdict);
      }
      output_.write([this, record] { return log_->settled(record); });
    };
    return options;
  }

  /// Once: a second signal may come while the first one's summary is being printed.
  void say_stopped(const std::string& signal, const StopReport& report) {
    const std::lock_guard stopped_lock(stopped_mutex_);
    if (std::exchange(stopped_said_, true)) return;
    Endings endings;
    {
      const std::lock_guard lock(endings_mutex_);
      endings = endings_;
    }
    const Stopped stopped{signal, report, server_.counts(), endings};
    output_.write([this, stopped] { return log_->stopped(stopped); });
    output_.close();
  }

  const std::unique_ptr<Log> log_;
  Output output_;
  std::latch listening_said_{1};
  std::mutex endings_mutex_;
  Endings endings_;
  std::mutex stopped_mutex_;
  bool stopped_said_ = false;
  ServerEvents events_;
  const ChosenWitness witness_;
  const Switch cors_;
  OutputFile capture_file_;
  Server server_;
  std::optional<PacketLog> packets_;
  std::optional<Admin> admin_;
};

}  // namespace

int serve(Settings settings) {
  StopSignal stop_signal;
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  raise_descriptor_limit();
  std::optional<int>& handed_over = settings.options.listen.fd;
  if (!handed_over) handed_over = take_handed_over_socket();
  Lab lab(settings);
  // The server has a duplicate: when that is closed, the port has to be.
  if (handed_over) net::UniqueFd(*handed_over).reset();
  const std::string first = stop_signal.wait();
  std::thread stopping([&] {
    lab.stop(first);
    stop_signal.finished();
  });
  const std::string second = stop_signal.wait();
  if (!second.empty()) lab.exit_at_once(second);
  stopping.join();
  return EXIT_SUCCESS;
}

int print_conf(const Settings& settings) {
  Options options = settings.options;
  // Any port will do to ask the kernel, and the configured one may be in use by the server that is asked about.
  options.listen.port = 0;
  options.listen.fd.reset();
  const Server server(options);
  fmt::print("{}\n# ---- Socket options as the kernel reports them ----\n#\n", format_conf(settings));
  for (const auto& [name, value] : server.socket_options_in_effect()) fmt::print("# {} = {}\n", name, value);
  return EXIT_SUCCESS;
}

}  // namespace closelab::lab
