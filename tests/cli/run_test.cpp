// `closelab run` from the command line: experiments by name and by file, JSON, and what is refused.

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/program.h"

namespace closelab::cli {
namespace {

namespace fs = std::filesystem;

const std::string experiment = R"(title = "T"
claims = []
claim = "C"
conclusion = "confirmed"
rfc = "R"
explanation = "E"

[[case]]
when = "the client closes"
play = """
listener listen 9000
client connect to 9000
client close
"""
claim = ["client.result = ok"]
)";

/// A file of a directory that goes away with it.
class File {
 public:
  explicit File(const std::string& text) {
    std::string place = (fs::temp_directory_path() / "closelab-run-XXXXXX").string();
    REQUIRE(::mkdtemp(place.data()) != nullptr);
    directory_ = place;
    std::ofstream(path()) << text;
  }
  ~File() { fs::remove_all(directory_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  std::string path() const { return (directory_ / "mine.toml").string(); }

 private:
  fs::path directory_;
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST_CASE("--list names the experiments that come with closelab") {
  const Finished list = closelab({"run", "--list"});
  CHECK(list.exit_code == 0);
  CHECK(list.out.find("g-reuse-address") != std::string::npos);
}

TEST_CASE("--help names every flag") {
  const Finished help = closelab({"run", "--help"});
  CHECK(help.exit_code == 0);
  for (const char* flag : {"--list", "--claims", "--slow", "--format", "--report", "--pcap", "--network", "--jobs"})
    CHECK_MESSAGE(help.out.find(std::string("  ") + flag) != std::string::npos, flag);
}

TEST_CASE("--claims is a table of what the experiments that were played say of each claim") {
  const File file(replaced(experiment, "claims = []", "claims = [\"A1\"]"));
  const Finished claims = closelab({"run", "--network", "loopback", "--claims", file.path()});
  CHECK(claims.exit_code == 0);
  CHECK(claims.out.find("confirmed               mine\n") != std::string::npos);
}

TEST_CASE("--color, --jobs and --slow are taken with the experiment's name") {
  const File file(experiment);
  const auto play = [&](const std::string& color) {
    return closelab({"run", "--network", "loopback", "--slow", "--jobs", "1", "--color", color, file.path()});
  };
  CHECK(play("always").out.find("\x1b[") != std::string::npos);
  for (const char* color : {"never", "auto"}) CHECK(play(color).out.find("\x1b[") == std::string::npos);
  CHECK(play("purple").exit_code == 2);
}

TEST_CASE("a file of one's own, as text and as JSON, and the exit code says whether it came out as it says") {
  const File file(experiment);
  const Finished text = closelab({"run", "--network", "loopback", file.path()});
  CHECK(text.exit_code == 0);
  CHECK(text.out.find("CONFIRMED") != std::string::npos);
  const Finished json = closelab({"run", "--network", "loopback", "--format", "json", file.path()});
  CHECK(json.exit_code == 0);
  const auto parsed = nlohmann::json::parse(json.out);
  CHECK(parsed["experiments"][0]["conclusion"] == "confirmed");
  CHECK(parsed["experiments"][0]["cases"][0]["claim"][0]["holds"] == true);

  const File other(replaced(experiment, "client.result = ok", "client.result = EPIPE"));
  const Finished refuted = closelab({"run", "--network", "loopback", other.path()});
  CHECK(refuted.exit_code == 1);
  CHECK(refuted.out.find("REFUTED") != std::string::npos);
}

TEST_CASE("a file that is named twice is played once; two files of one name are refused") {
  const File file(experiment);
  const Finished twice = closelab({"run", "--network", "loopback", file.path(), file.path()});
  CHECK(twice.exit_code == 0);
  CHECK(twice.out.find("1 of 1 experiments") != std::string::npos);
  const File other(experiment);
  const Finished of_one_name = closelab({"run", file.path(), other.path()});
  CHECK(of_one_name.exit_code == 2);
  CHECK(of_one_name.err.find("have one name") != std::string::npos);
}

TEST_CASE("an unknown experiment is refused with those that may have been meant") {
  struct Case {
    const char* name;
    const char* error;
  };
  const Case cases[] = {
      {"g-reuse", "there is no experiment \"g-reuse\"; did you mean g-reuse-address?"},
      {"reuse", "did you mean g-reuse-address or p2-reuse-delay?"},
      {"l-lingr", "did you mean l-linger?"},
      {"zzzzzzzzzz", "`closelab run --list` names them"},
  };
  for (const Case& c : cases) {
    const Finished finished = closelab({"run", c.name});
    CAPTURE(finished.err);
    CHECK(finished.exit_code == 2);
    CHECK(finished.err.find(c.error) != std::string::npos);
  }
}

TEST_CASE("what can't be understood ends with 2 and says where") {
  const File file(replaced(experiment, "client close\n", "client clsoe\n"));
  const Finished misspelt = closelab({"run", file.path()});
  CHECK(misspelt.exit_code == 2);
  CHECK(misspelt.err.find("mine.toml:13:1: unknown verb \"clsoe\"; did you mean \"close\"?") != std::string::npos);
  for (const char* argument : {"no-such-experiment", "no-such-file.toml", "--slwo", "--jobs=0", "--format=xml"}) {
    CAPTURE(std::string(argument));
    CHECK(closelab({"run", argument}).exit_code == 2);
  }
}

}  // namespace
}  // namespace closelab::cli
