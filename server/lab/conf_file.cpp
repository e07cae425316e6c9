#include "server/lab/conf_file.h"

#include <fmt/format.h>
// One translation unit reads TOML, so the parser is compiled here and not in every includer.
#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <vector>

#include "server/lab/nearest.h"
#include "server/lab/usage_error.h"
#include "server/lab/wrap.h"

namespace closelab::lab {
namespace {

const Setting* find_setting(std::string_view key) {
  const auto found = std::ranges::find(schema(), key, &Setting::key);
  return found == schema().end() ? nullptr : &*found;
}

std::string unknown_key(std::string_view key) {
  std::vector<std::string_view> keys;
  for (const Setting& setting : schema()) keys.push_back(setting.key);
  const std::string_view meant = nearest(key, keys);
  if (meant.empty()) return fmt::format("unknown key \"{}\"; `closelab serve --help` lists the keys", key);
  return fmt::format("unknown key \"{}\"; did you mean \"{}\"?", key, meant);
}

std::string_view expected_type(Kind kind) {
  switch (kind) {
    case Kind::on_off:
      return "true, false, \"on\" or \"off\"";
    case Kind::number:
      return "an integer";
    case Kind::text:
      return "a string";
  }
  return "";
}

/// A value as the settings read it; nothing for a TOML type that the setting does not take.
std::optional<std::string> value_text(const toml::node& node, Kind kind) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* boolean = node.as_boolean(); boolean && kind == Kind::on_off) return boolean->get() ? "on" : "off";
  if (const auto* integer = node.as_integer(); integer && kind != Kind::on_off)
    return fmt::format("{}", integer->get());
  return std::nullopt;
}

/// What is wrong with the entry, or nothing when the settings have taken it.
std::string apply(Settings& settings, std::string_view key, const toml::node& node) {
  const Setting* setting = find_setting(key);
  if (setting == nullptr) return unknown_key(key);
  const auto text = value_text(node, setting->kind);
  if (!text) {
    std::ostringstream type;
    type << node.type();
    return fmt::format("{} wants {}, not {}", key, expected_type(setting->kind), type.str());
  }
  const std::string error = setting->set(settings, *text);
  return error.empty() ? "" : fmt::format("{}: {}", key, error);
}

std::string located(const std::string& file, toml::source_position at, std::string_view what) {
  return fmt::format("{}:{}:{}: {}", file, at.line, at.column, what);
}

struct Entry {
  const toml::key* key;
  const toml::node* value;
};

/// The table is sorted by key; people read a file from its top.
std::vector<Entry> in_file_order(const toml::table& table) {
  std::vector<Entry> entries;
  for (const auto& [key, value] : table) entries.push_back({&key, &value});
  std::ranges::sort(entries, {}, [](const Entry& entry) {
    const toml::source_position at = entry.key->source().begin;
    return std::pair(at.line, at.column);
  });
  return entries;
}

std::string toml_value(const Setting& setting, const std::string& text) {
  if (setting.kind == Kind::on_off) return text == "on" ? "true" : "false";
  if (setting.kind == Kind::number && text != "off") return text;
  std::ostringstream quoted;
  const toml::value<std::string> value(text);
  quoted << toml::toml_formatter(value, toml::format_flags::none);
  return quoted.str();
}

}  // namespace

Settings parse_conf(std::string_view toml, const std::string& file, Settings settings) {
  std::vector<std::string> errors;
  try {
    const toml::table table = toml::parse(toml, file);
    for (const auto& [key, value] : in_file_order(table)) {
      const std::string error = apply(settings, key->str(), *value);
      const toml::source_position at = find_setting(key->str()) ? value->source().begin : key->source().begin;
      if (!error.empty()) errors.push_back(located(file, at, error));
    }
  } catch (const toml::parse_error& error) {
    errors.push_back(located(file, error.source().begin, error.description()));
  }
  if (!errors.empty()) throw UsageError(fmt::format("{}", fmt::join(errors, "\n")));
  return settings;
}

Settings read_conf(const std::string& file, Settings settings) {
  std::ifstream in(file, std::ios::binary);
  // A directory opens, but its first byte can't be read.
  if (in.is_open()) in.peek();
  if (!in.is_open() || in.bad()) throw UsageError(fmt::format("{}: {}", file, std::strerror(errno)));
  std::ostringstream text;
  text << in.rdbuf();
  return parse_conf(text.view(), file, std::move(settings));
}

std::string format_conf(const Settings& settings) {
  std::string out = "# What `closelab serve` runs with. Feed it back with --conf.\n";
  std::optional<Group> group;
  for (const Setting& setting : schema()) {
    if (group != setting.group) out += fmt::format("\n# ---- {} ----\n", to_string(setting.group));
    group = setting.group;
    out += fmt::format("\n{}", wrap(setting.help, "# ", 100));
    out += fmt::format("{} = {}\n", setting.key, toml_value(setting, setting.get(settings)));
  }
  return out;
}

}  // namespace closelab::lab
