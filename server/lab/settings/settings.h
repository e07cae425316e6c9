#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "closelab/options.h"
#include "server/rules/value_kind.h"

namespace closelab::lab {

enum class LogFormat : std::uint8_t { text, json };
enum class Color : std::uint8_t { automatic, always, never };

/// Where the admin port is: one above the lab's, or any free one when that can't be had; nowhere; or a given one.
struct AdminPort {
  enum class Choice : std::uint8_t { automatic, off, fixed };
  Choice choice = Choice::automatic;
  /// When `fixed`; 0 lets the kernel choose.
  std::uint16_t port = 0;

  friend bool operator==(const AdminPort&, const AdminPort&) = default;
};

/// Whether packets are captured as a witness: if that is allowed; never; or the server does not start without.
enum class WitnessChoice : std::uint8_t { automatic, off, require };

/// When as many lines of the log wait for their reader as may.
enum class LogFull : std::uint8_t {
  wait,  ///< the server waits for a reader that goes on reading, so that nothing is lost
  drop,  ///< lines are dropped and counted, so that nothing waits
};

/// Everything `closelab serve` can be told, by flags or by a conf file.
struct Settings {
  Options options{.listen = {.port = 8080}, .fields_kept = 1024};
  std::string admin_address = "127.0.0.1";
  AdminPort admin_port{};
  /// Names in the field Host that the admin port answers to, besides localhost and every address.
  std::vector<std::string> admin_hosts{};
  WitnessChoice witness = WitnessChoice::automatic;
  /// Pages of other origins may read what the lab port answers.
  Switch cors = Switch::off;
  /// Where packets are saved when the server stops.
  std::optional<std::string> capture{};
  LogFormat log_format = LogFormat::text;
  LogFull log_when_full = LogFull::wait;
  Color color = Color::automatic;
  /// What is to be said of how they were written, one line each: a name that is going, a rule that is there twice.
  std::vector<std::string> notes{};
};

/// What kind of value a setting takes, for the conf file's types and the flags' forms.
using Kind = server::ValueKind;

/// How often a setting may be given: once, the last time counts; or any number of times, and in a conf file as an
/// array. `set` and `get` take the values of `many` joined by commas.
enum class Arity : std::uint8_t { one, many };

/// The settings' order and headings in help and in --print-conf.
enum class Group : std::uint8_t { listening, admin, sockets, closing, timeouts, limits, serving, output };

std::string_view to_string(Group group);

/// One setting. Its key is the conf file's (`idle_timeout`) and, with dashes, the flag's (`--idle-timeout`).
struct Setting {
  std::string_view key;
  Group group;
  Kind kind;
  /// What stands for the value in help: `DURATION`.
  std::string placeholder;
  std::string_view help;
  /// Reads the value into the settings; returns what is wrong with the text, empty when nothing is.
  std::function<std::string(Settings&, std::string_view)> set;
  /// The value as `set` reads it.
  std::function<std::string(const Settings&)> get;
  Arity arity = Arity::one;
  /// The key it had in the version before, which still works and draws a note; empty: none.
  std::string_view former_key{};
};

/// The one list from which flags, conf keys, help and --print-conf are made; ordered by group.
const std::vector<Setting>& schema();

/// By its key or its former key. Null when no setting has either.
const Setting* find_setting(std::string_view key);

/// `idle_timeout` as a flag: `--idle-timeout`.
std::string flag_name(std::string_view key);

/// What to say of a former key, or its flag, that was used.
std::string former_name_note(std::string_view former, std::string_view now);

/// What is wrong with settings that are fine one by one; empty when nothing is.
std::string contradiction(const Settings& settings);

/// Adds a rule, with a note that begins with `where` when an equal one is there, which is rarely meant.
void add_rule(Settings& settings, const Rule& rule, std::string_view where);

}  // namespace closelab::lab
