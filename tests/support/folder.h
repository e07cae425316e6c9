#pragma once

#include <filesystem>

namespace closelab::persona_test {

/// A folder for what the real servers serve and write. Removed at the end.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace closelab::persona_test
