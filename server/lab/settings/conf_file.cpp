#include "server/lab/settings/conf_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <vector>

#include "server/lab/settings/conf_table.h"
#include "server/lab/settings/toml_text.h"
#include "server/lab/settings/usage_error.h"
#include "server/lab/settings/word_wrap.h"
#include "server/rules/rule_text.h"
#include "server/text/printable.h"
#include "server/text/spelling.h"

namespace closelab::lab {
namespace {

/// The key of the `[[rule]]` tables.
constexpr std::string_view rule_key = "rule";

std::string unknown_key(std::string_view key) {
  std::vector<std::string_view> keys{rule_key};
  for (const Setting& setting : schema()) keys.push_back(setting.key);
  return server::unknown_word("key", key, keys, "`closelab serve --help` lists the keys, which stand in no table");
}

std::string_view expected_type(Kind kind) {
  switch (kind) {
    case Kind::on:
      return "true or \"on\", or is left out";
    case Kind::on_off:
      return "true, false, \"on\" or \"off\"";
    case Kind::number:
      return "an integer";
    case Kind::fraction:
      return "a number";
    case Kind::text:
      return "a string";
  }
  return "";
}

/// A value as settings and rules read it; nothing for a TOML type that the key does not take.
std::optional<std::string> value_text(const toml::node& node, Kind kind) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* boolean = node.as_boolean(); boolean && server::is_switch(kind)) return boolean->get() ? "on" : "off";
  if (const auto* integer = node.as_integer(); integer && !server::is_switch(kind))
    return fmt::format("{}", integer->get());
  if (const auto* number = node.as_floating_point(); number && kind == Kind::fraction)
    return server::format_probability(number->get());
  return std::nullopt;
}

/// The strings of an array joined by commas; nothing when it holds anything else.
std::optional<std::string> joined(const toml::array& array) {
  std::vector<std::string> texts;
  for (const toml::node& node : array) {
    if (!node.is_string()) return std::nullopt;
    texts.push_back(node.as_string()->get());
  }
  return fmt::format("{}", fmt::join(texts, ","));
}

/// `placeholder` is what a string has to be.
std::string type_error(std::string_view key, Kind kind, const toml::node& node, std::string_view placeholder) {
  std::ostringstream type;
  type << node.type();
  const std::string form = kind == Kind::text ? fmt::format(" ({})", placeholder) : "";
  return fmt::format("{} wants {}{}, not {}", key, expected_type(kind), form, type.str());
}

std::string located(const std::string& file, toml::source_position at, std::string_view what) {
  return fmt::format("{}:{}:{}: {}", file, at.line, at.column, server::printable(what));
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

/// Reads the entries of a conf file into settings, and collects what is wrong with them.
class Reader {
 public:
  Reader(const std::string& file, Settings& settings) : file_(file), settings_(settings) {}

  void read(const toml::table& table) {
    for (const Entry& entry : in_file_order(table)) {
      const std::string_view key = entry.key->str();
      if (key == rule_key) {
        read_rules(*entry.value);
      } else if (const Setting* setting = find_setting(key)) {
        if (key != setting->key) note(entry.key->source(), former_name_note(key, setting->key));
        read_setting(*setting, *entry.value);
      } else {
        refuse(entry.key->source(), unknown_key(key));
      }
    }
  }

  void refuse(const toml::source_region& at, std::string_view what) {
    errors_.push_back(located(file_, at.begin, what));
  }

  const std::vector<std::string>& errors() const { return errors_; }

 private:
  void read_setting(const Setting& setting, const toml::node& value) {
    const bool is_list = setting.arity == Arity::many && value.is_array();
    const auto text = is_list ? joined(*value.as_array()) : value_text(value, setting.kind);
    if (!text && is_list) return refuse(value.source(), fmt::format("{} wants strings in its array", setting.key));
    if (!text) return refuse(value.source(), type_error(setting.key, setting.kind, value, setting.placeholder));
    const std::string error = setting.set(settings_, *text);
    if (!error.empty()) refuse(value.source(), fmt::format("{}: {}", setting.key, error));
  }

  void note(const toml::source_region& at, std::string_view what) {
    settings_.notes.push_back(located(file_, at.begin, what));
  }

  void read_rules(const toml::node& value) {
    const toml::array* tables = value.as_array();
    if (tables == nullptr || !tables->is_homogeneous<toml::table>())
      return refuse(value.source(), "rules are tables with a heading [[rule]] each");
    for (const toml::node& table : *tables) read_rule(*table.as_table());
  }

  void read_rule(const toml::table& table) {
    const std::vector<Entry> entries = in_file_order(table);
    server::RuleEntries texts;
    for (const Entry& entry : entries) {
      const server::RuleKey* key = server::find_rule_key(entry.key->str());
      const Kind kind = key != nullptr ? key->kind : Kind::text;
      const auto text = value_text(*entry.value, kind);
      if (key != nullptr && !text)
        return refuse(entry.value->source(), type_error(key->name, kind, *entry.value, key->placeholder));
      texts.emplace_back(entry.key->str(), text.value_or(""));
    }
    add_rule(server::parse_rule(texts), entries, table);
  }

  void add_rule(const server::ParsedRule& parsed, const std::vector<Entry>& entries, const toml::table& table) {
    if (parsed) return lab::add_rule(settings_, parsed.value, located(file_, table.source().begin, ""));
    if (!parsed.entry) return refuse(table.source(), parsed.error);
    const Entry& wrong = entries[*parsed.entry];
    const bool is_key = server::find_rule_key(wrong.key->str()) != nullptr;
    refuse(is_key ? wrong.value->source() : wrong.key->source(), parsed.error);
  }

  const std::string& file_;
  Settings& settings_;
  std::vector<std::string> errors_;
};

/// TOML's integers have 64 bits with a sign; its strings hold any number.
bool is_toml_integer(std::string_view text) {
  return text.size() < 19 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string toml_value(Kind kind, const std::string& text) {
  if (server::is_switch(kind)) return text == "on" ? "true" : "false";
  if (kind == Kind::number && is_toml_integer(text)) return text;
  if (kind == Kind::fraction && text.find_first_not_of("0123456789.") == std::string::npos) return text;
  std::ostringstream quoted;
  const toml::value<std::string> value(text);
  quoted << toml::toml_formatter(value, toml::format_flags::none);
  return quoted.str();
}

std::string format_rule(const Rule& rule) {
  std::string out = fmt::format("\n[[{}]]\n", rule_key);
  for (const auto& [name, text] : server::format_rule(rule))
    out += fmt::format("{} = {}\n", name, toml_value(server::find_rule_key(name)->kind, text));
  return out;
}

}  // namespace

std::vector<std::string> read_table(const toml::table& table, const std::string& file, Settings& settings) {
  Reader reader(file, settings);
  reader.read(table);
  return reader.errors();
}

Settings parse_conf(std::string_view toml, const std::string& file, Settings settings) {
  Reader reader(file, settings);
  reader.read(parse_toml(toml, file));
  if (!reader.errors().empty()) throw UsageError(fmt::format("{}", fmt::join(reader.errors(), "\n")));
  return settings;
}

Settings read_conf(const std::string& file, Settings settings) {
  return parse_conf(read_toml_file(file), file, std::move(settings));
}

std::string format_conf(const Settings& settings) {
  std::string out = "# What `closelab serve` runs with. Feed it back with --conf.\n";
  std::optional<Group> group;
  for (const Setting& setting : schema()) {
    if (group != setting.group) out += fmt::format("\n# ---- {} ----\n", to_string(setting.group));
    group = setting.group;
    out += fmt::format("\n{}", wrap(setting.help, "# ", 100));
    out += fmt::format("{} = {}\n", setting.key, toml_value(setting.kind, setting.get(settings)));
  }
  if (!settings.options.rules.empty()) out += "\n# ---- Rules ----\n";
  for (const Rule& rule : settings.options.rules) out += format_rule(rule);
  return out;
}

}  // namespace closelab::lab
