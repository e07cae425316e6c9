#include "closelab/record.h"

#include <doctest/doctest.h>

#include <sstream>
#include <utility>
#include <vector>

#include "tests/server/record/a_record.h"

namespace closelab {
namespace {

using namespace std::chrono_literals;

TEST_CASE("the description says who, how and why in one sentence") {
  ConnectionRecord record = server_closed();
  CHECK(describe(record) == "connection 3: the server closed first, by FIN, because " +
                                std::string(describe(CloseReason::request_close)) + "; TIME_WAIT: server");
  record.verdict.closed_first = Side::client;
  record.close_reason = CloseReason::peer_closed;
  CHECK(describe(record) == "connection 3: the client closed first, by FIN; TIME_WAIT: server");
  // What the server was about to do is no reason of the client's.
  record.close_reason = CloseReason::request_close;
  CHECK(describe(record) == "connection 3: the client closed first, by FIN; TIME_WAIT: server");
  record.phase = Phase::idle;
  record.evidence.clear();
  CHECK(describe(record) == "connection 3: idle, 1 request");
}

/// While our side ends a connection, and its client does not.
ConnectionRecord under_way(std::vector<Evidence> evidence) {
  ConnectionRecord record = server_closed();
  record.phase = Phase::closing;
  record.evidence = std::move(evidence);
  return record;
}

TEST_CASE("the description of an open connection says how far its end has come") {
  const auto text = [](std::vector<Evidence> evidence) {
    return describe(under_way(std::move(evidence))).substr(std::string("connection 3: ").size());
  };
  const Evidence withheld{.fact = fact::FinWithheld{}};
  const Evidence fin{.fact = fact::SentFin{}};
  const Evidence client_fin{.fact = fact::ReceivedFin{}};
  const Evidence client{.fact = fact::PeerSocket{TcpState::close_wait}};
  CHECK(text({}) == "closing, 1 request");
  CHECK(text({fin}) == "closing: our FIN is out, the client has not closed; 1 request");
  CHECK(text({fin, client}) ==
        "closing: our FIN is out, the client has not closed, its end is in CLOSE_WAIT; 1 request");
  CHECK(text({fin, client_fin}) == "closing: both have closed, their states are not final yet; 1 request");
  CHECK(text({withheld}) == "closing: our FIN is withheld, the client has not closed; 1 request");
  CHECK(text({withheld, client_fin}) == "closing: the client has closed, our FIN is withheld; 1 request");
  CHECK(text({client_fin}) == "closing: the client has closed, our side has not; 1 request");
  CHECK(text({{.fact = fact::Aborted{}}}) == "closing: our RST is out; 1 request");

  ConnectionRecord leaked = under_way({fin, client});
  leaked.local_client = LocalClient{.processes = {{4711, "java"}, {4712, "sh"}}};
  CHECK(
      describe(leaked) ==
      "connection 3: closing: our FIN is out, the client has not closed, its end is in CLOSE_WAIT, of java (pid 4711) "
      "and sh (pid 4712); 1 request");
}

TEST_CASE("a record prints as its description and its ladder") {
  const ConnectionRecord record = server_closed();
  std::ostringstream out;
  out << record;
  CHECK(out.str() == describe(record) + "\n" + ladder(record));
}

TEST_CASE("phases have names") {
  CHECK(to_string(Phase::idle) == "idle");
  CHECK(to_string(Phase::settled) == "settled");
}

}  // namespace
}  // namespace closelab
