#pragma once

#include <filesystem>
#include <string>

namespace closelab::persona_test {

/// A folder for what the real servers serve and write, which any user may enter. Removed at the end.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  /// Copies the file into this folder, so that a server that does not run as root can read it where it lies in a folder
  /// of root's own (/root); the path of the copy.
  std::string copy_of(const std::filesystem::path& file) const;

 private:
  std::filesystem::path path_;
};

}  // namespace closelab::persona_test
