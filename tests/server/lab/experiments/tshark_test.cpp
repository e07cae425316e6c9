// Compares the packets of the ladders with what tshark reads from the saved captures.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "net/testbed/segment.h"
#include "tests/server/lab/experiments/played.h"

namespace closelab::lab {
namespace {

namespace fs = std::filesystem;

std::string output_of(const std::string& command) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  std::string output;
  std::array<char, 4096> buffer{};
  while (pipe && std::fgets(buffer.data(), buffer.size(), pipe.get()) != nullptr) output += buffer.data();
  return output;
}

/// Port, flags and length of each segment between these ports, as tshark reads them.
std::vector<std::string> read_by_tshark(const fs::path& file, const testbed::Ends& ends) {
  std::istringstream lines(output_of(
      "tshark -r " + file.string() + " -Y 'tcp.port == " + std::to_string(ends.client.port) + " && tcp.port == " +
      std::to_string(ends.server.port) + "' -T fields -e tcp.srcport -e tcp.flags -e tcp.len 2>/dev/null"));
  std::vector<std::string> result;
  for (std::string line; std::getline(lines, line);) result.push_back(line);
  return result;
}

/// The same of a packet of the ladder.
std::string as_tshark_says(const testbed::Packet& packet, const testbed::Ends& ends) {
  std::array<char, 64> text{};
  const Endpoint& from = packet.from == Side::client ? ends.client : ends.server;
  std::snprintf(text.data(), text.size(), "%u\t0x%04x\t%u", from.port, packet.flags, packet.payload);
  return text.data();
}

testbed::Ends ends_of(const CaseOutcome& outcome) { return {outcome.picture.client, outcome.picture.server}; }

/// The ladder as one side's interface saw it: what that side sent when it left, what it got when it arrived.
std::vector<std::string> seen_by(Side side, const CaseOutcome& outcome) {
  struct Seen {
    std::chrono::nanoseconds at;
    std::string text;
  };
  std::vector<Seen> seen;
  for (const testbed::Packet& packet : outcome.packets) {
    using testbed::Transit;
    const bool left = packet.from == side && packet.transit != Transit::repeated;
    const bool arrived = packet.from != side && packet.transit != Transit::lost;
    // Of a repeated one, which did not leave then, `at` is when it arrived.
    const bool by_arrival = arrived && packet.transit == Transit::delivered;
    if (left || arrived)
      seen.push_back({by_arrival ? packet.arrived : packet.at, as_tshark_says(packet, ends_of(outcome))});
  }
  std::ranges::stable_sort(seen, {}, &Seen::at);
  std::vector<std::string> texts;
  for (Seen& one : seen) texts.push_back(std::move(one.text));
  return texts;
}

/// On one host the order in the file is the order of sending.
std::vector<std::string> seen_on_one_host(const CaseOutcome& outcome) {
  std::vector<std::string> texts;
  for (const testbed::Packet& packet : outcome.packets) texts.push_back(as_tshark_says(packet, ends_of(outcome)));
  return texts;
}

std::string lines(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += text + '\n';
  return all;
}

void compare(const fs::path& file, const std::vector<std::string>& ladder, const testbed::Ends& ends) {
  CAPTURE(file.string());
  std::vector<std::string> capture = read_by_tshark(file, ends);
  // Later connections between the same ports are not drawn.
  if (capture.size() > ladder.size()) capture.resize(ladder.size());
  CHECK(lines(ladder) == lines(capture));
}

TEST_CASE("the packets of the ladders are those that tshark reads from the captures") {
  if (output_of("tshark --version 2>/dev/null").empty()) {
    std::cout << "tshark is not installed" << std::endl;
    return;
  }
  std::size_t compared = 0;
  std::size_t compared_of_two_hosts = 0;
  for (const ExperimentResult& result : performance().results) {
    for (const CaseResult& one : result.cases) {
      const CaseOutcome& outcome = one.outcome;
      if (outcome.packets.empty()) continue;
      const std::string name =
          (performance().captures / (result.experiment->name + "-" + std::to_string(one.number))).string();
      const testbed::Ends ends = ends_of(outcome);
      ++compared;
      if (one.played->network.hosts == Hosts::one) {
        compare(name + ".pcapng", seen_on_one_host(outcome), ends);
        continue;
      }
      compare(name + ".client.pcapng", seen_by(Side::client, outcome), ends);
      compare(name + ".server.pcapng", seen_by(Side::server, outcome), ends);
      ++compared_of_two_hosts;
    }
  }
  CHECK(compared > 10);
  CHECK(compared_of_two_hosts > 5);
}

/// What tshark shows as comments of packets, all of a file's.
std::string comments_by_tshark(const fs::path& file) {
  return output_of("tshark -r " + file.string() + " -T fields -e frame.comment 2>/dev/null");
}

TEST_CASE("the saved packets carry the words of the ladder, and the last one how it ended") {
  if (output_of("tshark --version 2>/dev/null").empty()) {
    std::cout << "tshark is not installed" << std::endl;
    return;
  }
  std::size_t read = 0;
  for (const ExperimentResult& result : performance().results) {
    for (const CaseResult& one : result.cases) {
      const CaseOutcome& outcome = one.outcome;
      if (outcome.packets.empty()) continue;
      const std::string name =
          (performance().captures / (result.experiment->name + "-" + std::to_string(one.number))).string();
      const bool one_host = one.played->network.hosts == Hosts::one;
      const std::string comments = comments_by_tshark(name + (one_host ? ".pcapng" : ".client.pcapng"));
      CAPTURE(name);
      CAPTURE(comments);
      CHECK(comments.find("client: SYN") != std::string::npos);
      if (one_host)
        CHECK(comments.find("closed first: " + outcome.observed.at("closed_first").text) != std::string::npos);
      ++read;
    }
  }
  CHECK(read > 10);
}

}  // namespace
}  // namespace closelab::lab
