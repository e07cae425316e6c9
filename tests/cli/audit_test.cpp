// `closelab audit` from the command line: curl as a client, what is refused, and exit codes.

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/folder.h"
#include "tests/support/program.h"
#include "tests/where.h"

namespace closelab::cli {
namespace {

namespace fs = std::filesystem;

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// A file of a folder that goes away with it.
std::string file_with(const persona_test::Folder& folder, const std::string& name, const std::string& text) {
  const fs::path path = folder.path() / name;
  std::ofstream(path) << text;
  return path.string();
}

Finished audit(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "audit");
  return closelab(arguments);
}

TEST_CASE("--list names the scenarios that come with closelab, MUSTs first") {
  const Finished list = audit({"--list"});
  CHECK(list.exit_code == 0);
  CHECK(list.out.find("must") < list.out.find("should"));
  CHECK(has(list.out, "handled-post-fin"));
}

TEST_CASE("curl keeps its connection, reports a truncated body, and sends a handled POST twice") {
  const Finished text = audit({"reuse-length", "short-length", "handled-post-fin", "--", "curl", "-q", "-sS"});
  CHECK(text.exit_code == 0);
  CHECK(has(text.out, "three requests on one connection"));
  CHECK(has(text.out, "it reports an error"));
  CHECK(has(text.out, "what matters most:"));
  const Finished json = audit({"--format", "json", "--strict", "handled-post-fin", "--", "curl", "-q", "-sS"});
  const auto report = nlohmann::json::parse(json.out);
  const auto& graded = report["scenarios"][0];
  // curl 7.88 sends it again.
  CHECK(json.exit_code == (graded["grade"] == "fail" ? 1 : 0));
  CHECK((graded["grade"] == "fail" || graded["grade"] == "pass"));
  CHECK(has(report["client"]["version"], "curl"));
}

TEST_CASE("a command that is not curl plays what takes one GET") {
  const Finished text = audit({"short-length", "reuse-length", "--", "sh", "-c", "exec curl -qsS -o /dev/null \"$0\""});
  CHECK(text.exit_code == 0);
  CHECK(has(text.out, "pass           must    short-length"));
  CHECK(has(text.out, "not applicable optimal reuse-length"));
  const Finished deaf = audit({"short-length", "--", "sh", "-c", "curl -qsS -o /dev/null \"$0\" || true"});
  CHECK(deaf.exit_code == 1);
  CHECK(has(deaf.out, "fail           must    short-length"));
  CHECK(has(deaf.out, "FIN"));
}

TEST_CASE("a driver that can't be started, or does not keep to the protocol, is a failure of the harness") {
  const persona_test::Folder folder;
  struct Row {
    const char* name;
    const char* script;
    const char* says;
  };
  const Row rows[] = {
      {"chatty.sh", "while read line; do echo hello; done", "the driver said \"hello\", not \"1 ok STATUS BYTES\""},
      {"ends.sh", "read version; echo 0 na; read step; echo oh no >&2; exit 3", "ended with exit code 3: oh no"},
      {"piped.sh", "read version; echo 0 na; read step; kill -PIPE $$", "the driver ended with exit code 141, SIGPIPE"},
      {"mute.py", "import sys; sys.exit('no module')", "ended with exit code 1: no module"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const Finished finished = audit({"reuse-length", "--driver", file_with(folder, row.name, row.script)});
    CHECK(finished.exit_code == 2);
    CHECK_MESSAGE(has(finished.out + finished.err, row.says), (finished.out + finished.err));
  }
  const Finished flood =
      audit({"reuse-length", "--driver",
             file_with(folder, "flood.py", "print('0 ok flood', flush=True)\nwhile True: print('x' * 99999, end='')")});
  CHECK(flood.exit_code == 2);
  CHECK(has(flood.out, "it said a line of more than 64 KiB"));
  const Finished no_such = audit({"short-length", "--", "/no/such/client"});
  CHECK(no_such.exit_code != 0);
  CHECK(has(no_such.err, "/no/such/client: No such file or directory"));
}

TEST_CASE("a client that makes no request is no good client, and its error is shown; what is no text is no end") {
  const persona_test::Folder folder;
  const std::string driver =
      file_with(folder, "deaf.sh", "while read number word; do printf '%s err caf\\351 <b>\\n' $number; done");
  const std::string junit = (folder.path() / "audit.xml").string();
  const Finished finished =
      audit({"reuse-length", "refused", "--format", "json", "--junit", junit, "--driver", driver});
  CHECK(finished.exit_code == 2);
  const auto report = nlohmann::json::parse(finished.out);
  CHECK(report["scenarios"][1]["grade"] == "not exercised");
  CHECK(has(report["scenarios"][1]["reason"], "; the caller got an error: caf"));
  CHECK(has(audit({"reuse-length", "--driver", driver}).out, "the client made no request: nothing can be told of it"));
}

TEST_CASE("a report that can't be written is a failure of the audit, and takes nothing else with it") {
  const Finished full = audit({"short-length", "--report", "/dev/full", "--", "curl", "-qsS"});
  CHECK(full.exit_code == 2);
  CHECK(has(full.out, "all MUSTs that were exercised hold: 1"));
  CHECK(has(full.err, "/dev/full: No space left on device"));
}

TEST_CASE("what is known to fail is expected, and what has been mended is out of date") {
  const persona_test::Folder folder;
  const std::string known = file_with(folder, "known.txt", "");
  const std::vector<std::string> deaf{"--", "sh", "-c", "curl -qsS -o /dev/null \"$0\" || true"};
  std::vector<std::string> write{"short-length", "--write-expect", known};
  write.insert(write.end(), deaf.begin(), deaf.end());
  CHECK(audit(write).exit_code == 1);
  std::vector<std::string> again{"short-length", "--expect", known};
  again.insert(again.end(), deaf.begin(), deaf.end());
  CHECK(audit(again).exit_code == 0);
  const Finished mended = audit({"short-length", "--expect", known, "--", "curl", "-qsS"});
  CHECK(mended.exit_code == 1);
  CHECK(has(mended.out, "short-length is expected to be fail, and is pass"));
}

TEST_CASE("--junit and --report write files") {
  const persona_test::Folder folder;
  const std::string junit = (folder.path() / "audit.xml").string();
  const std::string report = (folder.path() / "audit.html").string();
  CHECK(audit({"short-length", "--junit", junit, "--report", report, "--", "curl", "-qsS"}).exit_code == 0);
  CHECK(fs::file_size(junit) > 100);
  CHECK(fs::file_size(report) > 10000);
}

TEST_CASE("compare shows audits side by side") {
  const persona_test::Folder folder;
  const Finished good = audit({"short-length", "--format", "json", "--", "curl", "-qsS"});
  const Finished deaf =
      audit({"short-length", "--format", "json", "--", "sh", "-c", "curl -qsS -o /dev/null \"$0\" || true"});
  const std::string left = file_with(folder, "left.json", good.out);
  const std::string right = file_with(folder, "right.json", deaf.out);
  const Finished both = audit({"compare", left, right});
  CHECK(both.exit_code == 0);
  CHECK(has(both.out, "* short-length           pass           fail"));
  CHECK(has(both.out, "1 differ"));
  CHECK(has(audit({"compare", left, left}).out, "0 differ"));
  const std::string page = (folder.path() / "matrix.html").string();
  const Finished three = audit({"compare", left, right, left, "--report", page});
  CHECK(has(three.out, "* short-length           pass           fail           pass\n    A, C: it reports an error\n"));
  CHECK(fs::file_size(page) > 10000);
  const Finished other = audit({"compare", left, file_with(folder, "other.json", "{\"kind\": \"audit\"}")});
  CHECK(other.exit_code == 2);
  CHECK(has(other.err, "other.json is not what `closelab audit --format json` prints"));
}

TEST_CASE("a proxy that does not listen, or can't be started, is told") {
  const persona_test::Folder folder;
  const std::string places = "\n# {listen} {upstream}\n";
  const std::string ends = file_with(
      folder, "ends.conf", "# run: sh {conf}\n# version: echo one" + places + "echo no such directive >&2\nexit 3\n");
  const Finished ended = audit({"short-length", "--proxy", ends});
  CHECK(ended.exit_code == 2);
  CHECK_MESSAGE(has(ended.out, "the proxy ended with exit code 3: no such directive"), ended.out);
  const std::string none = file_with(folder, "none.conf", "# run: /no/such/proxy {conf}" + places);
  const Finished missing = audit({"short-length", "--proxy", none});
  CHECK(missing.exit_code == 2);
  CHECK(has(missing.err, "/no/such/proxy: No such file or directory"));
}

TEST_CASE("bad usage is told, with exit code 2") {
  struct Row {
    std::vector<std::string> arguments;
    const char* error;
  };
  const persona_test::Folder folder;
  const std::string no_driver = file_with(folder, "driver.txt", "");
  const std::string says_no_driver = no_driver + " may not be run, and nothing is known that runs it";
  const Row rows[] = {
      {{}, "no client is given"},
      {{"--proxy", "/no/such/nginx.conf"}, "/no/such/nginx.conf: No such file or directory"},
      {{"--proxy", no_driver}, "driver.txt: no line says how the proxy is run"},
      {{"--browser", "/no/such/chromium"}, "/no/such/chromium: No such file or directory"},
      {{"--browser", "chromium", "--proxy", no_driver}, "--driver, --proxy and --browser each name a client"},
      {{"--driver"}, "--driver wants a value: --driver FILE"},
      {{"--driver", "/no/such/driver.py"}, "/no/such/driver.py: No such file or directory"},
      {{"--driver", "/etc"}, "/etc: Is a directory"},
      {{"--driver", no_driver}, says_no_driver.c_str()},
      {{"compare", "one.json", "two.json", "--junit", "x.xml"}, "compare reads audits, and plays nothing"},
      {{"compare", "one.json"}, "compare takes two files or more"},
      {{"compare", "/no/such", "/no/such"}, "/no/such: No such file or directory"},
      {{"short-lenght", "--", "curl"}, "there is no scenario \"short-lenght\"; did you mean short-length?"},
      {{"/no/such.toml", "--", "curl"}, "/no/such.toml: No such file or directory"},
      {{"--jobs", "0", "--", "curl"}, "--jobs: 0 is less than 1"},
      {{"--format", "xml", "--", "curl"}, "--format: \"xml\" is none of text|json"},
      {{"--network", "public", "--", "curl"}, "--network: \"public\" is none of private|loopback"},
      {{"--stricter", "--", "curl"}, "unknown option \"--stricter\"; did you mean \"--strict\"?"},
      {{"--expect", "/no/such", "--", "curl"}, "/no/such: No such file or directory"},
      {{"--junit", "/no/such/audit.xml", "--", "curl"}, "/no/such/audit.xml: No such file or directory"},
  };
  for (const Row& row : rows) {
    const Finished finished = audit(row.arguments);
    CAPTURE(row.error);
    CHECK(finished.exit_code == 2);
    CHECK_MESSAGE(has(finished.err, row.error), finished.err);
  }
}

}  // namespace
}  // namespace closelab::cli
