#include "server/lab/audit/driver_client.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "server/lab/settings/usage_error.h"
#include "server/text/quantity.h"

namespace closelab::lab {
namespace {

Child::Deadline from_now(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

/// A driver may have to be compiled first.
constexpr std::chrono::seconds longest_start{60};

/// What runs a file that may not be run itself, by its ending.
const std::vector<std::pair<std::string_view, std::vector<std::string>>> interpreters{
    {".py", {"python3"}}, {".js", {"node"}},   {".mjs", {"node"}},     {".pl", {"perl"}}, {".rb", {"ruby"}},
    {".php", {"php"}},    {".java", {"java"}}, {".go", {"go", "run"}}, {".sh", {"sh"}},
};

}  // namespace

std::vector<std::string> driver_command(const std::string& file) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path path = fs::absolute(file);
  if (!fs::exists(path, error)) throw UsageError(fmt::format("{}: {}", file, std::strerror(ENOENT)));
  if (fs::is_directory(path, error)) throw UsageError(fmt::format("{}: {}", file, std::strerror(EISDIR)));
  if (::access(path.c_str(), X_OK) == 0) return {path.string()};
  for (const auto& [ending, command] : interpreters) {
    if (path.extension() != ending) continue;
    std::vector<std::string> words = command;
    words.push_back(path.string());
    return words;
  }
  throw UsageError(
      fmt::format("{} may not be run, and nothing is known that runs it: chmod +x, and a first line #!", file));
}

/// A driver that did not keep to the protocol is not asked again.
void DriverClient::fail(const std::string& what) {
  process_.reset();
  throw std::runtime_error(what);
}

std::optional<std::string> DriverClient::ask(const std::string& line, std::chrono::seconds longest) {
  const bool was_written = process_->write(line + '\n');
  std::optional<std::string> answer;
  try {
    answer = process_->next_line(Child::Stream::output, from_now(longest));
  } catch (const LineTooLong& error) {
    fail(fmt::format("the driver does not keep to the protocol: {}", error.what()));
  }
  if ((answer && was_written) || process_->is_open(Child::Stream::output)) return answer;
  process_->wait(from_now(longest));
  fail(fmt::format("the driver ended with {}", process_->ending()));
}

/// `0 VERSION` is answered with a text, or with `0 na`.
void DriverClient::start() {
  if (process_) return;
  process_ = std::make_unique<Child>(command_);
  const auto answer = ask("0 VERSION", longest_start);
  if (!answer) fail(fmt::format("the driver has not answered \"0 VERSION\" for {} s", longest_start.count()));
  if (answer->starts_with("0 ok ")) version_ = answer->substr(5);
}

void DriverClient::begin(const std::vector<ClientStep>& steps) {
  steps_ = steps;
  start();
}

Reply DriverClient::play(std::size_t index) {
  start();
  const auto answer = ask(fmt::format("{} {}", index + 1, steps_.at(index).text()), longest_step);
  if (!answer) {
    // Its next words would be about this step.
    process_.reset();
    return {.kind = Reply::Kind::error, .text = fmt::format("no word for {} s", longest_step.count())};
  }
  ParsedReply parsed = parse_reply(*answer, index + 1);
  if (!parsed.error.empty()) fail(parsed.error);
  return std::move(parsed.reply);
}

void DriverClient::exit() {
  if (!process_) return;
  process_->close_input();
  process_->wait(from_now(longest_step));
  process_.reset();
}

std::string DriverClient::version() {
  start();
  return version_;
}

}  // namespace closelab::lab
