#include "server/lab/settings/conf_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "server/lab/settings/usage_error.h"
#include "server/text/quantity.h"
#include "server/text/spelling.h"

namespace closelab::lab {
namespace {

namespace fs = std::filesystem;

/// Where what comes with closelab is: here, or where the program was built, or installed.
fs::path conf_directory(const std::string& name) {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const fs::path& candidate :
       {fs::path("conf") / name, program / "../../conf" / name, program / "../share/closelab/conf" / name})
    if (fs::is_directory(candidate, error)) return candidate;
  throw UsageError(fmt::format("there is no directory conf/{} here; name the files", name));
}

/// Its name stands for a file in reports: each can be there once.
void add_file(const fs::path& file, std::vector<fs::path>& files) {
  const auto same_name = std::ranges::find(files, file.stem(), [](const fs::path& other) { return other.stem(); });
  if (same_name == files.end()) return files.push_back(file);
  std::error_code error;
  if (!fs::equivalent(file, *same_name, error))
    throw UsageError(fmt::format("{} and {} have one name; rename one", same_name->string(), file.string()));
}

}  // namespace

std::vector<fs::path> ConfFolder::all() const {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(conf_directory(name)))
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

/// Which may have been meant: those whose name has the word in it, else the one spelt most like it.
std::string ConfFolder::suggestion(const std::string& word) const {
  std::vector<std::string> names;
  for (const fs::path& file : all()) names.push_back(file.stem().string());
  std::vector<std::string> near;
  std::ranges::copy_if(names, std::back_inserter(near),
                       [&](const std::string& each) { return each.find(word) != std::string::npos; });
  if (near.empty()) near.emplace_back(server::nearest_word(word, {names.begin(), names.end()}));
  if (near.front().empty()) return fmt::format("`{}` names them", list_command);
  return fmt::format("did you mean {}?", fmt::join(near, " or "));
}

fs::path ConfFolder::file_of(const std::string& word) const {
  if (word.find('/') != std::string::npos || word.ends_with(".toml")) return word;
  fs::path file = conf_directory(name) / (word + ".toml");
  if (!fs::exists(file))
    throw UsageError(fmt::format("there is no {} {}; {}", what, server::quoted(word), suggestion(word)));
  return file;
}

std::vector<fs::path> ConfFolder::files(const std::vector<std::string>& words) const {
  if (words.empty()) return all();
  std::vector<fs::path> files;
  for (const std::string& word : words) add_file(file_of(word), files);
  return files;
}

}  // namespace closelab::lab
