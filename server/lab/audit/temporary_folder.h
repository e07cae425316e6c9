#pragma once

#include <filesystem>
#include <string_view>

namespace closelab::lab {

/// A folder that only its owner may enter, for what a client under audit reads and writes. Removed with the object.
class TemporaryFolder {
 public:
  /// `name` begins its name. Throws std::system_error where none can be made.
  explicit TemporaryFolder(std::string_view name);
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace closelab::lab
