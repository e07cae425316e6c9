#include <doctest/doctest.h>

#include "server/lab/audit/command_client.h"

namespace closelab::lab {
namespace {

TEST_CASE("curl plays a plan in one process, held up before each step and after the last") {
  const std::vector<ClientStep> steps{{StepKind::get, "http://h:1/a"}, {StepKind::post, "http://h:1/b"}};
  const std::vector<std::string> expected{"curl",
                                          "-sS",
                                          "-o",
                                          "/dev/null",
                                          "http://g:2/0",
                                          "--next",
                                          "-sS",
                                          "-o",
                                          "/dev/null",
                                          "-w",
                                          "%{stderr}closelab-step %{exitcode} %{http_code} %{size_download}\n",
                                          "http://h:1/a",
                                          "--next",
                                          "-sS",
                                          "-o",
                                          "/dev/null",
                                          "http://g:2/1",
                                          "--next",
                                          "-sS",
                                          "-o",
                                          "/dev/null",
                                          "-w",
                                          "%{stderr}closelab-step %{exitcode} %{http_code} %{size_download}\n",
                                          "-d",
                                          "ping",
                                          "http://h:1/b",
                                          "--next",
                                          "-sS",
                                          "-o",
                                          "/dev/null",
                                          "http://g:2/2"};
  CHECK(curl_command({"curl", "-sS"}, steps, "http://g:2", "") == expected);
}

TEST_CASE("curl's word of a step") {
  const Reply ok = curl_reply("closelab-step 0 200 10", "");
  CHECK(ok.kind == Reply::Kind::ok);
  CHECK(ok.status == 200);
  CHECK(ok.bytes == 10);
  const Reply error = curl_reply("closelab-step 18 200 100", "(18) transfer closed");
  CHECK(error.kind == Reply::Kind::error);
  CHECK(error.text == "(18) transfer closed");
}

TEST_CASE("curl is known by its name, wherever it lies") {
  CHECK(is_curl({"/usr/bin/curl"}));
  CHECK_FALSE(is_curl({"curlie"}));
}

}  // namespace
}  // namespace closelab::lab
