#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <sstream>
#include <stdexcept>

#include "server/lab/audit/command_client.h"

namespace closelab::lab {
namespace {

/// What our line begins with; curl's own messages begin with `curl: `.
constexpr std::string_view mark = "closelab-step";

std::vector<std::string> options_of(const ClientStep& step, const std::string& upload) {
  switch (step.kind) {
    case StepKind::head:
      return {"-I"};
    case StepKind::post:
      return {"-d", "ping"};
    case StepKind::put:
      return {"-X", "PUT", "-d", "ping"};
    case StepKind::delete_resource:
      return {"-X", "DELETE"};
    case StepKind::get_follow:
      return {"-L"};
    case StepKind::get_close:
      return {"-H", "Connection: close"};
    case StepKind::upload:
      return {"--data-binary", "@" + upload};
    case StepKind::expect:
      return {"-H", "Expect: 100-continue", "-d", "ping"};
    case StepKind::cancel:
      return {"--max-time", fmt::format("{}.{:03}", step.number / 1000, step.number % 1000)};
    default:
      return {};
  }
}

void append(std::vector<std::string>& to, std::vector<std::string> words) {
  for (std::string& word : words) to.push_back(std::move(word));
}

/// The size of the one upload of a plan.
std::uint64_t upload_size(const std::vector<ClientStep>& steps) {
  std::uint64_t size = 0;
  for (const ClientStep& step : steps)
    if (step.kind == StepKind::upload) size = step.number;
  return size;
}

}  // namespace

bool is_curl(const std::vector<std::string>& command) {
  return std::filesystem::path(command.front()).filename() == "curl";
}

std::vector<std::string> curl_command(const std::vector<std::string>& command, const std::vector<ClientStep>& steps,
                                      const std::string& gate_url, const std::string& upload) {
  const std::vector<std::string> options(command.begin() + 1, command.end());
  std::vector<std::string> words{command.front()};
  const auto add_gate = [&](std::size_t number) {
    append(words, options);
    append(words, {"-o", "/dev/null", fmt::format("{}/{}", gate_url, number)});
  };
  for (std::size_t i = 0; i < steps.size(); ++i) {
    add_gate(i);
    words.emplace_back("--next");
    append(words, options);
    append(words, {"-o", "/dev/null", "-w",
                   fmt::format("%{{stderr}}{} %{{exitcode}} %{{http_code}} %{{size_download}}\n", mark)});
    append(words, options_of(steps[i], upload));
    append(words, {steps[i].url, "--next"});
  }
  add_gate(steps.size());
  return words;
}

Reply curl_reply(std::string_view line, const std::string& message) {
  std::istringstream in{std::string(line.substr(mark.size()))};
  int exit_code = 0;
  int status = 0;
  std::uint64_t bytes = 0;
  in >> exit_code >> status >> bytes;
  if (exit_code == 0) return {.status = status, .bytes = bytes};
  return {.kind = Reply::Kind::error, .text = message.empty() ? fmt::format("exit code {}", exit_code) : message};
}

/// Answers the URLs that hold curl up between its steps.
struct CurlClient::Gate {
  Gate() {
    Options options;
    options.timeouts.idle_timeout = std::chrono::minutes(1);
    options.lookups = Switch::off;
    server = std::make_unique<Server>(options);
    server->handle_async("/*", [this](Responder responder) { arrive(std::move(responder)); });
  }
  ~Gate() { server->stop(std::chrono::milliseconds(0)); }
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  void arrive(Responder responder) {
    const std::scoped_lock lock(mutex);
    const std::size_t number = std::stoul(std::string(responder.request().path.substr(1)));
    waiting.insert_or_assign(number, std::move(responder));
    arrived.notify_all();
  }

  /// Lets curl pass, once it is there; false when it does not come.
  bool open(std::size_t number) {
    std::unique_lock lock(mutex);
    if (!arrived.wait_for(lock, longest_step, [&] { return waiting.contains(number); })) return false;
    waiting.at(number).send({.status = 204});
    waiting.erase(number);
    return true;
  }

  void clear() {
    const std::scoped_lock lock(mutex);
    waiting.clear();
  }

  std::mutex mutex;
  std::condition_variable arrived;
  std::map<std::size_t, Responder> waiting;
  std::unique_ptr<Server> server;
  net::UniqueFd upload;
};

CurlClient::CurlClient(std::vector<std::string> command)
    : command_(std::move(command)), gate_(std::make_unique<Gate>()) {}

CurlClient::~CurlClient() { process_.reset(); }

std::string CurlClient::cannot_play(const std::vector<PlanStep>& plan) const {
  for (const PlanStep& step : plan)
    if (step.kind == StepKind::get_unread || step.kind == StepKind::burst || step.kind == StepKind::upload_cut)
      return fmt::format("curl's command line has nothing for {}", to_string(step.kind));
  return "";
}

void CurlClient::begin(const std::vector<ClientStep>& steps) {
  gate_->clear();
  count_ = steps.size();
  gate_->upload = net::UniqueFd(::memfd_create("upload", MFD_CLOEXEC));
  if (::ftruncate(gate_->upload.get(), static_cast<off_t>(upload_size(steps))) != 0)
    throw std::runtime_error("no room for an upload");
  const std::string upload = fmt::format("/proc/{}/fd/{}", ::getpid(), gate_->upload.get());
  process_ = std::make_unique<Child>(curl_command(command_, steps, gate_->server->url(""), upload));
  process_->close_input();
}

Reply CurlClient::play(std::size_t index) {
  if (!process_) throw std::runtime_error("curl is gone");
  std::string message;
  const bool passed = gate_->open(index);
  const auto deadline = std::chrono::steady_clock::now() + longest_step;
  while (auto line = process_->next_line(Child::Stream::errors, deadline)) {
    if (line->starts_with(mark)) return curl_reply(*line, message);
    if (line->starts_with("curl: ")) message = line->substr(6);
  }
  if (!passed || !process_->is_running())
    throw std::runtime_error(fmt::format("curl did not come as far as step {}: {}", index + 1, message));
  process_.reset();
  return {.kind = Reply::Kind::error, .text = fmt::format("no word for {} s", longest_step.count())};
}

void CurlClient::end() { process_.reset(); }

void CurlClient::exit() {
  if (!process_) return;
  gate_->open(count_);
  process_->wait(std::chrono::steady_clock::now() + longest_step);
}

std::string CurlClient::version() { return version_line(command_.front()); }

}  // namespace closelab::lab
