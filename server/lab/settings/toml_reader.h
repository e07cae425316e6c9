#pragma once

#include <toml++/toml.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/lab/settings/settings.h"

namespace closelab::lab {

/// Reads tables of one TOML file, and collects what is wrong with them as `FILE:LINE:COLUMN: what`, each once.
class TomlReader {
 public:
  explicit TomlReader(const std::string& file) : file_(file) {}

  const std::string& file() const { return file_; }
  void refuse(const toml::node& at, std::string_view what) { refuse(at.source().begin, what); }
  void refuse(toml::source_position at, std::string_view what) { refuse(at.line, at.column, what); }
  void refuse(unsigned line, unsigned column, std::string_view what);
  /// Throws UsageError with everything that was refused, if anything was.
  void throw_errors() const;

  void check_keys(const toml::table& table, const std::vector<std::string_view>& known);
  /// A string that has to be there.
  std::string text(const toml::table& table, std::string_view key);
  std::string text_or(const toml::table& table, std::string_view key, std::string_view otherwise);
  bool flag(const toml::table& table, std::string_view key, bool otherwise);
  /// A list of strings, with where each is; empty when there is none.
  std::vector<std::pair<std::string, const toml::node*>> strings(const toml::table& table, std::string_view key);
  /// A table that holds what a conf file holds.
  void read_server(const toml::table& table, Settings& settings);
  /// Where the text of a """ string begins: on the line after its quotes, unless it is on theirs.
  static unsigned first_line_of(const toml::node& node, std::string_view text);

 private:
  void add(std::string error);

  const std::string& file_;
  std::vector<std::string> errors_;
};

}  // namespace closelab::lab
