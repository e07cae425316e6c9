#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace closelab::lab {

/// A folder of conf/ whose files are known by their names: the experiments, the scenarios of the audit.
struct ConfFolder {
  /// `experiments`.
  std::string name;
  /// What one of its files is: `experiment`.
  std::string what;
  /// The command that names them all.
  std::string list_command;

  /// The files that the words name, by path or by name; without words all of them, by name. Throws UsageError for a
  /// word that names none, and for two files of one name.
  std::vector<std::filesystem::path> files(const std::vector<std::string>& words) const;

 private:
  std::vector<std::filesystem::path> all() const;
  std::filesystem::path file_of(const std::string& word) const;
  std::string suggestion(const std::string& word) const;
};

}  // namespace closelab::lab
