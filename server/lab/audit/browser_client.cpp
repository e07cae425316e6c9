#include "server/lab/audit/browser_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <optional>
#include <stdexcept>

#include "closelab/server.h"
#include "server/lab/page/embedded_file.h"

namespace closelab::lab {

extern const std::vector<EmbeddedFile> audit_page;

namespace {

constexpr std::chrono::seconds longest_launch{60};
/// Whether it has ended meanwhile.
constexpr std::chrono::milliseconds look_for_end_every{200};

std::string first_line_of(std::string_view text) { return std::string(text.substr(0, text.find('\n'))); }

}  // namespace

std::vector<std::string> browser_command(const std::vector<std::string>& command, const std::string& profile,
                                         const std::string& url) {
  std::vector<std::string> words = command;
  if (command.size() == 1) words.emplace_back("--headless=new");
  for (const char* option : {// The sandbox needs a user namespace of its own, which not every machine grants, nor root.
                             "--no-sandbox",
                             // The scenarios' servers are other origins than the page's, and send no CORS fields.
                             "--disable-web-security",
                             // What it does of its own accord is not what is graded.
                             "--disable-background-networking", "--disable-component-update", "--disable-gpu",
                             "--no-first-run", "--no-proxy-server"})
    words.emplace_back(option);
  words.push_back("--user-data-dir=" + profile);
  words.push_back(url);
  return words;
}

/// Serves the page, which asks for a step each time that it tells what came of the last.
struct BrowserClient::Page {
  Page() {
    Options options;
    options.timeouts.idle_timeout = std::chrono::minutes(1);
    options.lookups = Switch::off;
    server = std::make_unique<Server>(options);
    server->handle("/*", [](const Request&) { return Response{.status = 204}; });
    server->handle("/", [](const Request&) {
      return Response{.headers = {{"Content-Type", "text/html; charset=utf-8"}},
                      .body = std::string(audit_page.front().content)};
    });
    server->handle_async("/next", [this](Responder responder) { arrive(std::move(responder)); });
  }
  ~Page() { server->stop(std::chrono::milliseconds(0)); }
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;

  void arrive(Responder responder) {
    const std::scoped_lock lock(mutex);
    said.push_back(first_line_of(responder.request().body));
    waiting = std::move(responder);
    arrived.notify_all();
  }

  void tell(std::string step) {
    const std::scoped_lock lock(mutex);
    if (waiting) waiting->send({.body = std::move(step)});
    waiting.reset();
  }

  std::optional<std::string> next_word(std::chrono::milliseconds longest) {
    std::unique_lock lock(mutex);
    if (!arrived.wait_for(lock, longest, [&] { return !said.empty(); })) return std::nullopt;
    std::string word = std::move(said.front());
    said.pop_front();
    return word;
  }

  std::mutex mutex;
  std::condition_variable arrived;
  std::deque<std::string> said;
  std::optional<Responder> waiting;
  std::unique_ptr<Server> server;
};

BrowserClient::BrowserClient(std::vector<std::string> command) : command_(std::move(command)) {}

BrowserClient::~BrowserClient() { stop(); }

void BrowserClient::start() {
  if (process_) return;
  page_ = std::make_unique<Page>();
  profile_ = std::make_unique<TemporaryFolder>("closelab-browser");
  process_ = std::make_unique<Child>(browser_command(command_, profile_->path(), page_->server->url("/")));
  process_->close_input();
  const auto word = next_word(longest_launch);
  if (!word)
    throw std::runtime_error(
        fmt::format("{} has not opened the page for {} s", command_.front(), longest_launch.count()));
  version_ = word->starts_with("ok ") ? word->substr(3) : "";
}

std::optional<std::string> BrowserClient::next_word(std::chrono::seconds longest) {
  const auto deadline = std::chrono::steady_clock::now() + longest;
  while (std::chrono::steady_clock::now() < deadline) {
    if (auto word = page_->next_word(look_for_end_every)) return word;
    process_->drain();
    if (process_->is_running()) continue;
    process_->wait(deadline);
    const std::string ending = process_->ending();
    stop();
    throw std::runtime_error(fmt::format("{} ended with {}", command_.front(), ending));
  }
  return std::nullopt;
}

/// The profile goes when nobody writes to it any more, and the page last: a browser that can't reach it has gone.
void BrowserClient::stop() {
  process_.reset();
  profile_.reset();
  page_.reset();
}

void BrowserClient::begin(const std::vector<ClientStep>& steps) {
  steps_ = steps;
  start();
}

Reply BrowserClient::play(std::size_t index) {
  start();
  const std::size_t number = index + 1;
  page_->tell(fmt::format("{} {}", number, steps_.at(index).text()));
  const auto word = next_word(longest_step);
  if (!word) {
    stop();
    return {.kind = Reply::Kind::error, .text = fmt::format("no word for {} s", longest_step.count())};
  }
  ParsedReply parsed = parse_reply(fmt::format("{} {}", number, *word), number);
  if (!parsed.error.empty()) throw std::runtime_error(parsed.error);
  return std::move(parsed.reply);
}

void BrowserClient::exit() {
  if (!process_) return;
  process_->signal(SIGTERM);
  process_->wait(std::chrono::steady_clock::now() + longest_step);
  stop();
}

std::string BrowserClient::version() {
  start();
  return version_;
}

}  // namespace closelab::lab
