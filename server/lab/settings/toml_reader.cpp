#include "server/lab/settings/toml_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/lab/settings/conf_table.h"
#include "server/lab/settings/usage_error.h"
#include "server/text/printable.h"
#include "server/text/spelling.h"

namespace closelab::lab {

void TomlReader::refuse(unsigned line, unsigned column, std::string_view what) {
  add(fmt::format("{}:{}:{}: {}", file_, line, column, server::printable(what)));
}

/// One table may be read for several others.
void TomlReader::add(std::string error) {
  if (std::ranges::find(errors_, error) == errors_.end()) errors_.push_back(std::move(error));
}

void TomlReader::throw_errors() const {
  if (!errors_.empty()) throw UsageError(fmt::format("{}", fmt::join(errors_, "\n")));
}

void TomlReader::check_keys(const toml::table& table, const std::vector<std::string_view>& known) {
  for (const auto& [key, value] : table) {
    if (std::ranges::find(known, key.str()) != known.end()) continue;
    refuse(key.source().begin,
           server::unknown_word("key", key.str(), known, fmt::format("{} are known here", fmt::join(known, ", "))));
  }
}

std::string TomlReader::text(const toml::table& table, std::string_view key) {
  if (!table.contains(key)) refuse(table, fmt::format("{} is missing", key));
  return text_or(table, key, "");
}

std::string TomlReader::text_or(const toml::table& table, std::string_view key, std::string_view otherwise) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return std::string(otherwise);
  if (const auto* value = node->as_string()) return value->get();
  refuse(*node, fmt::format("{} wants a string", key));
  return "";
}

bool TomlReader::flag(const toml::table& table, std::string_view key, bool otherwise) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return otherwise;
  if (const auto* value = node->as_boolean()) return value->get();
  refuse(*node, fmt::format("{} is true or false", key));
  return otherwise;
}

std::vector<std::pair<std::string, const toml::node*>> TomlReader::strings(const toml::table& table,
                                                                           std::string_view key) {
  std::vector<std::pair<std::string, const toml::node*>> result;
  const toml::node* node = table.get(key);
  if (node == nullptr) return result;
  const toml::array* list = node->as_array();
  if (list == nullptr) {
    refuse(*node, fmt::format("{} wants a list of strings", key));
    return result;
  }
  for (const toml::node& item : *list) {
    if (const auto* value = item.as_string()) {
      result.emplace_back(value->get(), &item);
    } else {
      refuse(item, fmt::format("{} wants strings", key));
    }
  }
  return result;
}

void TomlReader::read_server(const toml::table& table, Settings& settings) {
  for (std::string& error : read_table(table, file_, settings)) add(std::move(error));
}

unsigned TomlReader::first_line_of(const toml::node& node, std::string_view text) {
  const unsigned last = node.source().end.line;
  return last - std::min(last - 1, static_cast<unsigned>(std::ranges::count(text, '\n')));
}

}  // namespace closelab::lab
