// replay FILE-OR-FOLDER...: tries every file, fails when there is none, and then tries what resembles them for a second
// (CLOSELAB_FUZZ_SECONDS). An input that ends the program is left in the file `found`.

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutations.h"

namespace {

namespace fs = std::filesystem;

/// The input that is being tried, for the signal handler.
std::string_view current;

std::vector<fs::path> files_of(const fs::path& place) {
  if (!fs::is_directory(place)) return {place};
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(place))
    if (entry.is_regular_file()) files.push_back(entry.path());
  return files;
}

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void keep_input(int signal) {
  const int fd = ::open("found", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  [[maybe_unused]] const auto written = ::write(fd, current.data(), current.size());
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

std::chrono::seconds time_to_fuzz() {
  const char* seconds = std::getenv("CLOSELAB_FUZZ_SECONDS");
  return std::chrono::seconds(seconds != nullptr ? std::atoi(seconds) : 1);
}

void try_one(const std::string& input) {
  current = input;
  closelab::fuzz::try_input(input);
}

/// How many inputs were tried.
std::size_t try_mutations(const std::vector<std::string>& inputs) {
  const std::uint32_t seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  closelab::fuzz::Mutations mutations(inputs, seed);
  std::size_t tried = 0;
  const auto end = std::chrono::steady_clock::now() + time_to_fuzz();
  for (; std::chrono::steady_clock::now() < end; ++tried) try_one(mutations.next());
  return tried;
}

}  // namespace

int main(int count, char** arguments) {
  for (const int signal : {SIGABRT, SIGSEGV, SIGFPE, SIGILL, SIGBUS}) std::signal(signal, keep_input);
  std::vector<std::string> inputs;
  for (const char* place : std::vector<const char*>(arguments + 1, arguments + count)) {
    for (const fs::path& file : files_of(place)) {
      inputs.push_back(read(file));
      std::fprintf(stderr, "%s, %zu bytes\n", file.c_str(), inputs.back().size());
      try_one(inputs.back());
    }
  }
  if (inputs.empty()) return EXIT_FAILURE;
  const std::size_t mutated = try_mutations(inputs);
  std::printf("%zu inputs, and %zu that resemble them\n", inputs.size(), mutated);
}
