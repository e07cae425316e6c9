// replay FILE-OR-FOLDER...: tries every file, and fails when there is none.

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz.h"

namespace {

namespace fs = std::filesystem;

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

}  // namespace

int main(int count, char** arguments) {
  std::size_t tried = 0;
  for (const char* place : std::vector<const char*>(arguments + 1, arguments + count)) {
    for (const fs::path& file : files_of(place)) {
      const std::string input = read(file);
      std::fprintf(stderr, "%s, %zu bytes\n", file.c_str(), input.size());
      closelab::fuzz::try_input(input);
      ++tried;
    }
  }
  std::printf("%zu inputs\n", tried);
  return tried == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
