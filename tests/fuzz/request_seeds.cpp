// request_seeds VECTORS FOLDER: the bytes of every conformance vector as a file, for the fuzzer to begin with.

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/conformance/vector.h"

namespace {

// What repeats a thousand times has nothing new to a fuzzer, but slows it down.
constexpr std::size_t longest = 1000;

}  // namespace

int main(int count, char** arguments) {
  namespace fs = std::filesystem;
  using namespace closelab::conformance;
  if (count != 3) return EXIT_FAILURE;
  const fs::path folder = arguments[2];
  fs::create_directories(folder);
  std::size_t written = 0;
  for (const auto& file : fs::directory_iterator(arguments[1])) {
    for (const Vector& vector : load_vectors(file.path())) {
      const std::string bytes = bytes_of(vector);
      if (bytes.size() > longest) continue;
      std::ofstream(folder / vector.id, std::ios::binary) << bytes;
      ++written;
    }
  }
  std::printf("%zu seeds\n", written);
  return written == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
