#include "server/lab/audit/command_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace closelab::lab {
namespace {

Child::Deadline soon() { return std::chrono::steady_clock::now() + longest_step; }

}  // namespace

std::string ClientStep::text() const {
  const bool has_number =
      kind == StepKind::upload || kind == StepKind::upload_cut || kind == StepKind::burst || kind == StepKind::cancel;
  return has_number ? fmt::format("{} {} {}", to_string(kind), url, number)
                    : fmt::format("{} {}", to_string(kind), url);
}

std::string CommandClient::cannot_play(const std::vector<PlanStep>& plan) const {
  if (plan.front().kind != StepKind::get || std::ranges::count_if(plan, is_clients, &PlanStep::kind) != 1)
    return "a command with one URL makes one GET; a driver can play it";
  if (plan.size() > 1 && plan[1].kind != StepKind::exit)
    return "a command has ended when its answer is there; a driver can play it";
  return "";
}

Reply CommandClient::play(std::size_t) {
  std::vector<std::string> command = command_;
  command.push_back(url_);
  Child process(command);
  process.close_input();
  const auto deadline = soon();
  const int exit_code = process.wait(deadline);
  if (std::chrono::steady_clock::now() >= deadline)
    return {.kind = Reply::Kind::error, .text = fmt::format("no word for {} s", longest_step.count())};
  constexpr int not_found = 127;
  if (exit_code == not_found) throw std::runtime_error(fmt::format("{} ended with exit code 127", command.front()));
  if (exit_code == 0) return {};
  return {.kind = Reply::Kind::error, .text = process.ending()};
}

std::string CommandClient::version() { return version_line(command_.front()); }

std::string first_line(const std::vector<std::string>& command) {
  Child process(command);
  process.close_input();
  for (const Child::Stream stream : {Child::Stream::output, Child::Stream::errors})
    if (const auto line = process.next_line(stream, soon())) return *line;
  return "";
}

std::string version_line(const std::string& program) {
  const std::string line = first_line({program, "--version"});
  // After `curl 7.88.1 (x86_64-pc-linux-gnu)` come the libraries that it uses.
  return line.substr(0, line.find(')') == std::string::npos ? line.size() : line.find(')') + 1);
}

}  // namespace closelab::lab
