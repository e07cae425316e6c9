#include "tests/support/folder.h"

#include <stdlib.h>

#include <cerrno>
#include <fstream>
#include <string>
#include <system_error>

namespace closelab::persona_test {
namespace {

void write_file(const std::filesystem::path& path, std::size_t bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << std::string(bytes, 'x');
}

}  // namespace

Folder::Folder() {
  std::string name = std::filesystem::temp_directory_path() / "closelab-personas-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::system_error(errno, std::generic_category(), name);
  std::filesystem::permissions(name, std::filesystem::perms::all);
  path_ = name;
  write_file(path_ / "files/bytes/64", 64);
  write_file(path_ / "files/bytes/1MiB", 1024 * 1024);
  write_file(path_ / "files/bytes/16MiB", 16 * 1024 * 1024);
}

std::string Folder::copy_of(const std::filesystem::path& file) const {
  const std::filesystem::path copy = path_ / file.filename();
  std::filesystem::copy_file(file, copy, std::filesystem::copy_options::overwrite_existing);
  return copy;
}

Folder::~Folder() { std::filesystem::remove_all(path_); }

}  // namespace closelab::persona_test
