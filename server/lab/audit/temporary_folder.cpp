#include "server/lab/audit/temporary_folder.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace closelab::lab {

TemporaryFolder::TemporaryFolder(std::string_view name) {
  std::string place = std::filesystem::temp_directory_path() / fmt::format("{}-XXXXXX", name);
  if (::mkdtemp(place.data()) == nullptr) throw std::system_error(errno, std::generic_category(), place);
  path_ = place;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code error;
  // A program that has just been killed may be writing its last file still.
  for (int tries = 0; tries < 3; ++tries)
    if (std::filesystem::remove_all(path_, error); !error) return;
}

}  // namespace closelab::lab
