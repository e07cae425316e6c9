// SIGHUP, as when its terminal is closed, killed `closelab serve` without its summary.

#include <doctest/doctest.h>

#include <csignal>

#include "tests/support/program.h"
#include "tests/where.h"

namespace closelab::cli {
namespace {

TEST_CASE("SIGHUP stops the server as SIGTERM does") {
  Lab lab;
  curl({lab.url("/")});
  lab.program().signal(SIGHUP);
  CHECK(lab.event("stopped")["signal"] == "SIGHUP");
  CHECK(lab.program().finished().exit_code == 0);
}

TEST_CASE("who ignores SIGHUP goes on doing so") {
  Program program({"/bin/sh", "-c",
                   "trap '' HUP; exec \"$0\" serve --port 0 --admin-port off --witness off --log-format json",
                   CLOSELAB_PROGRAM});
  program.line();
  program.signal(SIGHUP);
  program.signal(SIGTERM);
  CHECK(program.rest().find("\"signal\":\"SIGTERM\"") != std::string::npos);
}

}  // namespace
}  // namespace closelab::cli
