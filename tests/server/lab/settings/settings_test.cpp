#include "server/lab/settings/settings.h"

#include <doctest/doctest.h>

#include <set>

namespace closelab::lab {
namespace {

const Setting& setting(std::string_view key) {
  for (const Setting& candidate : schema())
    if (candidate.key == key) return candidate;
  FAIL("no setting " << key);
  return schema().front();
}

std::string set(Settings& settings, std::string_view key, std::string_view text) {
  return setting(key).set(settings, text);
}

TEST_CASE("every key is unique, has help, and its default reads back as itself") {
  std::set<std::string_view> keys;
  for (const Setting& s : schema()) {
    CAPTURE(s.key);
    CHECK(keys.insert(s.key).second);
    CHECK_FALSE(s.help.empty());
    Settings settings;
    const std::string text = s.get(settings);
    CHECK(s.set(settings, text) == "");
    CHECK(s.get(settings) == text);
  }
  CHECK(keys.size() == 55);
}

TEST_CASE("setting a key changes that key and no other") {
  // A value for each key that differs from its default.
  const std::pair<std::string_view, std::string_view> changed[] = {
      {"address", "::1"},
      {"port", "1234"},
      {"reuse_address", "off"},
      {"reuse_port", "on"},
      {"ipv6_only", "on"},
      {"backlog", "7"},
      {"tcp_nodelay", "off"},
      {"linger", "3s"},
      {"tcp_keepalive", "9s"},
      {"tcp_user_timeout", "11ms"},
      {"tcp_linger2", "4s"},
      {"close_mode", "abortive"},
      {"lingering_time", "1s"},
      {"lingering_bytes", "1"},
      {"idle_timeout", "1s"},
      {"header_timeout", "1s"},
      {"body_timeout", "1s"},
      {"write_timeout", "1s"},
      {"target_bytes", "100"},
      {"header_bytes", "100"},
      {"header_count", "3"},
      {"body_bytes", "0"},
      {"held_bytes", "1MiB"},
      {"request_limit", "2"},
      {"max_connections", "5"},
      {"reactors", "2"},
      {"lookups", "off"},
      {"lookup_every", "10"},
      {"witness", "require"},
      {"capture", "packets.pcapng"},
      {"records_kept", "0"},
      {"records_age", "1m"},
      {"requests_kept", "0"},
      {"fields_kept", "0"},
      {"local_clients", "on"},
      {"cors", "on"},
      {"grace", "0s"},
      {"log_format", "json"},
      {"log_when_full", "drop"},
      {"color", "never"},
      {"lingering_when", "unread"},
      {"listener", "refuse"},
      {"delayed_time", "1s"},
      {"half_time", "2s"},
      {"deferred_time", "1s"},
      {"client_half_close", "abort"},
      {"rule_seed", "42"},
      {"keep_alive_timeout", "+5s"},
      {"keep_alive_max", "-1"},
      {"timeout_response", "off"},
      {"keep_alive_when", "asked"},
      {"admin_port", "off"},
      {"admin_address", "::1"},
      {"listen_fd", "7"},
      {"admin_host", "closelab,lab.example"},
  };
  CHECK(std::size(changed) == schema().size());
  const Settings defaults;
  for (const auto& [key, text] : changed) {
    CAPTURE(key);
    Settings settings;
    CHECK(set(settings, key, text) == "");
    for (const Setting& s : schema()) {
      CAPTURE(s.key);
      CHECK(s.get(settings) == (s.key == key ? std::string(text) : s.get(defaults)));
    }
  }
}

TEST_CASE("values that a setting can't take are refused, and change nothing") {
  struct Case {
    const char* key;
    const char* text;
    const char* error;
  };
  const Case cases[] = {
      {"port", "65536", "65536 is more than 65535"},
      {"port", "http", "\"http\" is not a number"},
      {"backlog", "0", "0 is less than 1"},
      {"reuse_address", "maybe", "\"maybe\" is neither on nor off"},
      {"linger", "1500ms", "\"1500ms\" is not a whole number of seconds; or write off"},
      {"linger", "5", "\"5\" has no unit; write 5s for seconds or 5ms; or write off"},
      {"idle_timeout", "0s", "0s is less than 1ms"},
      {"close_mode", "gentle", "\"gentle\" is none of lingering, immediate, abortive, delayed, half, deferred, never"},
      {"log_format", "xml", "\"xml\" is none of text|json"},
      {"request_limit", "0", "0 is less than 1; or write off"},
      {"grace", "off", "can't be off; write 0s for none, or up to 24h"},
      {"half_time", "off", "can't be off; write 1ms to 24h"},
      {"body_bytes", "off", "can't be off; write a number of bytes, such as 64KiB"},
      {"lingering_time", "0s", "0s is less than 1ms"},
      {"tcp_linger2", "121s", "121s is more than 2m; or write off"},
      {"tcp_keepalive", "10h", "10h is more than 32767s; or write off"},
      {"delayed_time", "0s", "0s is less than 1ms"},
      {"client_half_close", "never", "\"never\" is none of answer|abort"},
      {"listener", "off", "\"off\" is none of accept|refuse|ignore"},
      {"lingering_when", "on", "\"on\" is none of always|unread"},
      {"keep_alive_timeout", "5",
       "\"5\" has no unit; write 5s for seconds or 5ms; or write enforced, off, or an offset"},
      {"keep_alive_max", "many", "\"many\" is not a number; or write enforced, off, or an offset"},
      {"keep_alive_max", "+-1", "\"-1\" is negative; or write enforced, off, or an offset"},
      {"rule_seed", "-1", "\"-1\" is negative; or write random"},
      {"address", "localhost", "\"localhost\" is not a numeric address such as 127.0.0.1, 0.0.0.0 or ::1"},
      {"address", "", "\"\" is not a numeric address such as 127.0.0.1, 0.0.0.0 or ::1"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.key);
    CAPTURE(c.text);
    Settings settings;
    const std::string before = setting(c.key).get(settings);
    CHECK(set(settings, c.key, c.text) == c.error);
    CHECK(setting(c.key).get(settings) == before);
  }
}

TEST_CASE("off unsets what may be unset") {
  Settings settings;
  for (const std::string_view key : {"linger", "tcp_keepalive", "tcp_user_timeout", "tcp_linger2"}) {
    CAPTURE(key);
    CHECK(set(settings, key, "2s") == "");
    CHECK(set(settings, key, "off") == "");
    CHECK(setting(key).get(settings) == "off");
  }
  CHECK(set(settings, "linger", "0s") == "");
  CHECK(settings.options.socket.linger == std::chrono::seconds(0));
}

TEST_CASE("a timeout that is off is as long as the options allow") {
  for (const std::string_view key : {"idle_timeout", "header_timeout", "body_timeout", "write_timeout"}) {
    CAPTURE(key);
    Settings settings;
    CHECK(set(settings, key, "off") == "");
    CHECK(setting(key).get(settings) == "off");
    const Timeouts& timeouts = settings.options.timeouts;
    CHECK(std::max({timeouts.idle_timeout, timeouts.header_timeout, timeouts.body_timeout, timeouts.write_timeout}) ==
          std::chrono::hours(24 * 365));
  }
}

TEST_CASE("the Keep-Alive field says what is enforced, nothing, a value, or the truth and an offset") {
  using Timeout = Advertised<std::chrono::milliseconds>;
  using Max = Advertised<std::int64_t>;
  struct Case {
    const char* timeout;
    Timeout expected_timeout;
    const char* max;
    Max expected_max;
  };
  const Case cases[] = {
      {"enforced", {}, "enforced", {}},
      {"off", {Timeout::Kind::off, {}}, "off", {Max::Kind::off, 0}},
      {"1m", {Timeout::Kind::fixed, std::chrono::seconds(60)}, "100", {Max::Kind::fixed, 100}},
      {"0s", {Timeout::Kind::fixed, {}}, "0", {Max::Kind::fixed, 0}},
      {"+5s", {Timeout::Kind::offset, std::chrono::seconds(5)}, "+3", {Max::Kind::offset, 3}},
      {"-1s", {Timeout::Kind::offset, std::chrono::seconds(-1)}, "-1", {Max::Kind::offset, -1}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.timeout);
    Settings settings;
    CHECK(set(settings, "keep_alive_timeout", c.timeout) == "");
    CHECK(set(settings, "keep_alive_max", c.max) == "");
    CHECK(settings.options.keep_alive.timeout == c.expected_timeout);
    CHECK(settings.options.keep_alive.max == c.expected_max);
    CHECK(setting("keep_alive_timeout").get(settings) == c.timeout);
    CHECK(setting("keep_alive_max").get(settings) == c.max);
  }
}

TEST_CASE("the seed of the rules is random until it is set") {
  Settings settings;
  CHECK(setting("rule_seed").get(settings) == "random");
  CHECK(set(settings, "rule_seed", "18446744073709551615") == "");
  CHECK(settings.options.rule_seed == ~std::uint64_t{0});
  CHECK(set(settings, "rule_seed", "random") == "");
  CHECK_FALSE(settings.options.rule_seed.has_value());
}

TEST_CASE("flags are the keys in kebab-case") { CHECK(flag_name("tcp_user_timeout") == "--tcp-user-timeout"); }

TEST_CASE("a setting is found by its former key, too; by none there is none") {
  CHECK(find_setting("verdicts") == find_setting("lookups"));
  CHECK(find_setting("half_close") == find_setting("client_half_close"));
  CHECK(find_setting("verdicts")->key == "lookups");
  CHECK(find_setting("") == nullptr);
}

TEST_CASE("the admin port can't be the port that the server listens on") {
  Settings settings;
  CHECK(contradiction(settings) == "");
  settings.admin_port = {.choice = AdminPort::Choice::fixed, .port = 8080};
  CHECK(contradiction(settings) ==
        "admin_port 8080 is the port that the server itself is to listen on; choose another, or auto");
  settings.options.listen.address = "::";
  CHECK(contradiction(settings) != "");
  settings.options.listen.address = "127.0.0.2";
  CHECK(contradiction(settings) == "");
  settings = {};
  settings.options.listen.port = 0;
  settings.admin_port = {.choice = AdminPort::Choice::fixed, .port = 0};
  CHECK(contradiction(settings) == "");
}

TEST_CASE("a setting that a socket that is handed over leaves without effect is named") {
  for (const auto& [key, value] : {std::pair{"port", "0"}, {"backlog", "7"}, {"ipv6_only", "on"}}) {
    Settings settings;
    CHECK(set(settings, "listen_fd", "3") == "");
    CHECK(contradiction(settings) == "");
    CHECK(set(settings, key, value) == "");
    CHECK(contradiction(settings).starts_with(std::string(key) + " has no effect on a socket that is handed over"));
  }
}

TEST_CASE("names of hosts and off exclude each other") {
  Settings settings;
  CHECK(set(settings, "admin_host", "a,b") == "");
  for (const char* both : {"a,off", "off,a"})
    CHECK(set(settings, "admin_host", both).starts_with("off means that there is no name, and stands alone"));
  CHECK(settings.admin_hosts == std::vector<std::string>{"a", "b"});
  CHECK(set(settings, "admin_host", "off,off") == "");
  CHECK(settings.admin_hosts.empty());
}

TEST_CASE("an equal rule is noticed") {
  Settings settings;
  add_rule(settings, at(At::accept).stall(), "here: ");
  add_rule(settings, at(At::accept).stall().once(), "here: ");
  CHECK(settings.notes.empty());
  add_rule(settings, at(At::accept).stall(), "here: ");
  CHECK(settings.notes ==
        std::vector<std::string>{
            "here: this rule is the same as rule 1; it acts as well, where the first has not ended the connection"});
  CHECK(settings.options.rules.size() == 3);
}

}  // namespace
}  // namespace closelab::lab
