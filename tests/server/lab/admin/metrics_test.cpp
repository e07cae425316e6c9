#include "server/lab/admin/metrics.h"

#include <doctest/doctest.h>

#include "tests/server/lab/admin/openmetrics.h"

namespace closelab::lab {
namespace {

using namespace std::chrono_literals;

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

std::map<std::string, double> samples(const Metrics& metrics, const Counts& counts = {}) {
  const OpenMetrics checked(metrics.text(counts));
  CHECK(joined(checked.complaints()) == "");
  return checked.samples();
}

RequestRecord request(int status, std::chrono::nanoseconds took) {
  RequestRecord r;
  r.status = status;
  r.received_at = 1ms;
  if (took.count() > 0) r.answered_at = r.received_at + took;
  return r;
}

ConnectionRecord settled(Side closed_first, CloseReason reason, std::vector<Evidence> evidence) {
  ConnectionRecord r;
  r.close_reason = reason;
  r.verdict = {.closed_first = closed_first, .closed_by = ClosedBy::fin, .time_wait = TimeWait::server};
  r.evidence = std::move(evidence);
  return r;
}

TEST_CASE("metrics are valid before anything has happened") {
  const auto all = samples({});
  CHECK(all.at("closelab_connections_accepted_total") == 0);
  CHECK(all.at("closelab_requests_total{status=\"2xx\"}") == 0);
  CHECK(all.at("closelab_request_duration_seconds_count") == 0);
}

TEST_CASE("connections are counted by phase") {
  const auto all = samples({}, {.accepted = 9, .reused = 4, .idle = 3, .active = 2, .closing = 1});
  CHECK(all.at("closelab_connections_accepted_total") == 9);
  CHECK(all.at("closelab_requests_reused_total") == 4);
  CHECK(all.at("closelab_connections{phase=\"idle\"}") == 3);
  CHECK(all.at("closelab_connections{phase=\"active\"}") == 2);
  CHECK(all.at("closelab_connections{phase=\"closing\"}") == 1);
}

TEST_CASE("requests are counted by class, and timed when they were answered") {
  Metrics metrics;
  metrics.request(request(200, 1ms));
  metrics.request(request(204, 2ms));
  metrics.request(request(404, 200s));
  metrics.request(request(500, 0ms));
  metrics.request(request(0, 0ms));
  const auto all = samples(metrics);
  CHECK(all.at("closelab_requests_total{status=\"1xx\"}") == 0);
  CHECK(all.at("closelab_requests_total{status=\"2xx\"}") == 2);
  CHECK(all.at("closelab_requests_total{status=\"4xx\"}") == 1);
  CHECK(all.at("closelab_requests_total{status=\"5xx\"}") == 1);
  CHECK(all.at("closelab_requests_total{status=\"none\"}") == 1);
  CHECK(all.at("closelab_request_duration_seconds_count") == 3);
  CHECK(all.at("closelab_request_duration_seconds_sum") == doctest::Approx(200.003));
  // A bound is part of its bucket.
  CHECK(all.at("closelab_request_duration_seconds_bucket{le=\"0.001\"}") == 1);
  CHECK(all.at("closelab_request_duration_seconds_bucket{le=\"0.005\"}") == 2);
  CHECK(all.at("closelab_request_duration_seconds_bucket{le=\"100.0\"}") == 2);
  CHECK(all.at("closelab_request_duration_seconds_bucket{le=\"+Inf\"}") == 3);
}

TEST_CASE("endings are counted by verdict and reason") {
  Metrics metrics;
  metrics.settled(settled(Side::server, CloseReason::idle_timeout, {}));
  metrics.settled(settled(Side::server, CloseReason::idle_timeout, {}));
  metrics.settled(settled(Side::client, CloseReason::peer_closed, {}));
  const auto all = samples(metrics);
  CHECK(all.at("closelab_endings_total{closed_first=\"server\",closed_by=\"fin\",close_reason=\"idle_timeout\","
               "time_wait=\"server\"}") == 2);
  CHECK(all.at("closelab_endings_total{closed_first=\"client\",closed_by=\"fin\",close_reason=\"peer_closed\","
               "time_wait=\"server\"}") == 1);
  CHECK(all.at("closelab_connection_lifetime_seconds_count") == 0);
}

TEST_CASE("an end lasts from the first FIN or RST to what was seen last") {
  struct Case {
    std::vector<Evidence> evidence;
    std::chrono::nanoseconds duration;
  };
  const Evidence accepted{.fact = fact::Accepted{}};
  const Evidence last{.at = 5s, .fact = fact::OwnSocket{}};
  const Case cases[] = {
      {{}, -1ns},
      {{accepted}, -1ns},
      {{accepted, {.at = 3s, .fact = fact::SentFin{}}, {.at = 4s, .fact = fact::ReceivedFin{}}, last}, 2s},
      {{accepted, {.at = 2s, .fact = fact::ReceivedFin{}}, {.at = 4s, .fact = fact::SentFin{}}, last}, 3s},
      {{accepted, {.at = 1s, .fact = fact::Sampled{}}, {.at = 4s, .fact = fact::Aborted{}}, last}, 1s},
      {{accepted, {.at = 4s, .fact = fact::ReceiveFailed{}}, last}, 1s},
  };
  for (const Case& c : cases) {
    const ConnectionRecord record = settled(Side::server, CloseReason::rule, c.evidence);
    CHECK(ending_duration(record) == c.duration);
  }
  Metrics metrics;
  metrics.settled(settled(Side::server, CloseReason::rule, cases[2].evidence));
  const auto all = samples(metrics);
  CHECK(all.at("closelab_connection_lifetime_seconds_sum") == 5);
  CHECK(all.at("closelab_ending_duration_seconds_sum") == 2);
}

}  // namespace
}  // namespace closelab::lab
