// Plays the vectors in this folder against closelab::Server, or with --port against another server on 127.0.0.1.

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <iostream>
#include <iterator>
#include <mutex>
#include <thread>

#include "closelab/server.h"
#include "tests/conformance/peer.h"
#include "tests/conformance/player.h"
#include "tests/where.h"

namespace closelab::conformance {
namespace {

constexpr unsigned players = 4;
// Longer ones are about amounts, not about where they are split.
constexpr std::size_t longest_byte_by_byte = 1000;

struct Arguments {
  std::uint16_t port = 0;
  std::string only{};
};

Response tell_what_was_understood(const Request& request) {
  std::string text = std::string(request.method) + ' ' + std::string(request.target);
  if (!request.body.empty()) text.append(" ").append(request.body);
  return {.body = std::move(text)};
}

// The vectors of this file are about peers that fall silent; the others must never meet a timeout.
bool is_about_silence(const Vector& vector) { return vector.place.starts_with("13-silence.txt"); }

Options impatient() {
  Options options;
  options.timeouts.idle_timeout = std::chrono::milliseconds(300);
  options.timeouts.header_timeout = std::chrono::milliseconds(300);
  options.timeouts.body_timeout = std::chrono::milliseconds(300);
  return options;
}

std::vector<Vector> load(const Arguments& arguments) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(CLOSELAB_SOURCE_DIR "/tests/conformance/vectors"))
    files.push_back(entry.path());
  std::ranges::sort(files);
  std::vector<Vector> all;
  for (const std::string& file : files) std::ranges::move(load_vectors(file), std::back_inserter(all));
  std::erase_if(all, [&](const Vector& vector) { return !arguments.only.empty() && vector.id != arguments.only; });
  return all;
}

void report(const Vector& vector, const std::string& problem, const std::string& rest) {
  std::cout << vector.id << " (" << vector.place << "): " << problem << "\n  " << vector.rule << ". " << vector.why
            << "\n  sent:\n"
            << escaped(bytes_of(vector).substr(0, 2000));
  if (!rest.empty()) std::cout << "\n  came:\n" << escaped(rest.substr(0, 2000));
  std::cout << "\n\n";
}

// Several at a time, because some wait. `play` is given a vector and returns whether it passed.
std::size_t count_failures(const std::vector<Vector>& vectors, const std::function<bool(const Vector&)>& play) {
  std::atomic<std::size_t> next = 0;
  std::atomic<std::size_t> failures = 0;
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < players; ++i) {
    threads.emplace_back([&] {
      for (std::size_t at = next++; at < vectors.size(); at = next++) {
        if (!play(vectors[at])) ++failures;
      }
    });
  }
  threads.clear();
  return failures;
}

std::size_t test_closelab(const std::vector<Vector>& vectors) {
  Server patient;
  Server hurried(impatient());
  patient.handle("/*", tell_what_was_understood);
  hurried.handle("/*", tell_what_was_understood);
  std::mutex output;
  return count_failures(vectors, [&](const Vector& vector) {
    const Endpoint server = is_about_silence(vector) ? hurried.endpoint() : patient.endpoint();
    Outcome outcome = play(vector, server, Pace::whole);
    if (outcome.problem.empty() && bytes_of(vector).size() <= longest_byte_by_byte) {
      outcome = play(vector, server, Pace::byte_by_byte);
      if (!outcome.problem.empty()) outcome.problem += " (byte by byte)";
    }
    if (outcome.problem.empty()) return true;
    const std::lock_guard lock(output);
    report(vector, outcome.problem, outcome.rest);
    return false;
  });
}

std::size_t test_peer(const std::vector<Vector>& vectors, std::uint16_t port) {
  const Endpoint server{.family = AddressFamily::ipv4, .port = port, .address = {127, 0, 0, 1}};
  std::mutex output;
  return count_failures(vectors, [&](const Vector& vector) {
    if (is_about_silence(vector)) return true;
    const std::string problem = play_against_peer(vector, server);
    if (problem.empty()) return true;
    const std::lock_guard lock(output);
    std::cout << vector.id << " (" << vector.rule << "): " << problem << '\n';
    return false;
  });
}

Arguments read_arguments(const std::vector<std::string>& words) {
  Arguments arguments;
  for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
    if (words[i] == "--port") arguments.port = static_cast<std::uint16_t>(std::stoul(words[i + 1]));
    if (words[i] == "--only") arguments.only = words[i + 1];
  }
  return arguments;
}

int run(const Arguments& arguments) {
  const std::vector<Vector> vectors = load(arguments);
  const std::size_t failures = arguments.port != 0 ? test_peer(vectors, arguments.port) : test_closelab(vectors);
  std::cout << vectors.size() - failures << " of " << vectors.size() << " vectors passed\n";
  return failures == 0 && !vectors.empty() ? 0 : 1;
}

}  // namespace
}  // namespace closelab::conformance

int main(int argc, char** argv) {
  return closelab::conformance::run(closelab::conformance::read_arguments({argv + 1, argv + argc}));
}
