// docs/limits.md and SECURITY.md said what was not true (any more), beyond the settings' defaults, which were compared.

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>

#include "closelab/handler.h"
#include "http/request_parser.h"
#include "net/kernel/observer.h"
#include "net/memory/insist.h"
#include "server/connection/fixed_limits.h"
#include "server/lab/admin/event_dispatcher.h"
#include "server/lab/settings/fixed_limits.h"
#include "server/lab/settings/toml_text.h"
#include "server/rules/rule_book.h"
#include "tests/where.h"

namespace closelab {
namespace {

/// The page in one line, numbers without the commas between their thousands.
std::string page(const char* name) {
  std::ifstream file(std::string(CLOSELAB_SOURCE_DIR "/") + name);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  REQUIRE_FALSE(text.empty());
  std::ranges::replace(text, '\n', ' ');
  return std::regex_replace(text, std::regex("([0-9]),([0-9]{3})"), "$1$2");
}

void says(const std::string& text, const std::string& sentence) {
  CAPTURE(sentence);
  CHECK(text.find(sentence) != std::string::npos);
}

TEST_CASE("docs/limits.md has the program's numbers") {
  const std::string text = page("docs/limits.md");
  const lab::EventDispatcher::Bounds admin;
  using std::to_string;
  says(text, "bounded by " + to_string(net::Observer::max_queued) + ";");
  says(text, "There may be " + to_string(server::RuleBook::most_rules) + " rules");
  says(text, "at most " + to_string(server::RuleBook::most_path_bytes >> 20) + " MiB long together");
  says(text, "At most " + to_string(admin.waiters) + " clients wait and " + to_string(admin.streams) + " read events");
  says(text, "and " + to_string(admin.events) + " events for all of them together");
  says(text, "In every mode at most " + to_string(server::drain_budget >> 20) + " MiB is read and dropped in one go");
  says(text, "as `max_connections`, at most " + to_string(server::most_refused) + ", are waited for");
  says(text, "`max_connections` + " + to_string(server::most_refused) + " descriptors of clients");
  says(text, "stops accepting for " + to_string(server::accept_pause.count()) + " ms at a time");
  says(text, "the pipelined responses up to " + to_string(server::gathered_output >> 10) + " KiB");
  says(text, "each reactor keeps " + to_string(net::MemoryReserve::bytes >> 10) + " KiB in reserve");
}

TEST_CASE("docs/limits.md has the numbers of the admin port, the log and of files") {
  const std::string text = page("docs/limits.md");
  using std::to_string;
  says(text, "The admin port keeps " + to_string(lab::admin_spare_descriptors) + " descriptors for then");
  says(text, "a server of its own, for " + to_string(lab::admin_connections) + " connections");
  says(text, "A wait takes " + to_string(lab::longest_wait.count()) + " minutes at most");
  says(text, "told how many: " + to_string(lab::event_reader_bytes >> 10) + " KiB wait for each");
  says(page("docs/admin.md"), "kept up to " + to_string(lab::event_reader_bytes >> 10) + " KiB");
  says(text, to_string(lab::most_log_lines) + " lines wait for their reader");
  CHECK(lab::log_patience == std::chrono::seconds(1));
  says(text, "read nothing for a second is waited for no longer");
  says(text, "Conf files and experiments are at most " + to_string(lab::most_toml_bytes >> 20) + " MiB long and " +
                 to_string(lab::most_toml_levels) + " levels deep");
  says(text, "has at most " + to_string(lab::most_play_steps) + " steps");
  says(text, "a step sends at most " + to_string(lab::most_step_bytes >> 20) + " MiB");
}

TEST_CASE("docs/limits.md says what waits of a response body that is streamed") {
  says(page("docs/limits.md"), "64 KiB of a response body that is streamed");
  BodyStream body;
  CHECK(body.write(std::string(64 * 1024, 'x')));
  CHECK_FALSE(body.write("x"));
}

/// What refuses a request that begins like that.
http::ParseError refusal_of(const std::string& bytes) {
  const HttpLimits limits;
  http::RequestParser parser(limits);
  std::string_view rest = bytes;
  http::RequestParser::Step step = parser.feed(rest);
  while (step.event == http::RequestParser::Event::head) {
    rest.remove_prefix(step.consumed);
    step = parser.feed(rest);
  }
  return parser.error();
}

TEST_CASE("docs/limits.md says what a request may be that no setting bounds") {
  const std::string text = page("docs/limits.md");
  const std::string chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  says(text, "A method is at most 32 bytes long (501)");
  CHECK(refusal_of(std::string(32, 'M') + " / HTTP/1.1\r\n").fault == http::Refusal::method_unknown);
  CHECK(refusal_of(std::string(33, 'M') + " /").fault == http::Refusal::method_too_long);
  CHECK(refusal_of(std::string(33, 'M') + " /").status == 501);
  says(text, "a chunk size at most 64 digits and 2^64 - 1 (400)");
  CHECK(refusal_of(chunked + std::string(63, '0') + "1\r\n").status == 0);
  CHECK(refusal_of(chunked + std::string(64, '0') + "1\r\n").status == 400);
  CHECK(refusal_of(chunked + "1" + std::string(16, '0') + "\r\n").status == 400);
  says(text, "at most four empty lines may stand before a request (400)");
  CHECK(refusal_of("\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 0);
  CHECK(refusal_of("\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 400);
}

TEST_CASE("every setting that bounds something is on the page") {
  const std::string text = page("docs/limits.md");
  for (const char* key :
       {"target_bytes", "header_bytes",  "header_count", "body_bytes",       "request_limit",   "header_timeout",
        "body_timeout", "write_timeout", "idle_timeout", "lingering_time",   "lingering_bytes", "delayed_time",
        "half_time",    "deferred_time", "grace",        "tcp_user_timeout", "max_connections", "held_bytes",
        "backlog",      "records_kept",  "records_age",  "requests_kept"})
    says(text, std::string("| `") + key + "` |");
  says(page("SECURITY.md"), "docs/limits.md");
}

}  // namespace
}  // namespace closelab
