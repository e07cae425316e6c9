#include "server/lab/admin/metrics.h"

#include <fmt/format.h>

#include <algorithm>

namespace closelab::lab {
namespace {

using std::chrono::nanoseconds;

double in_seconds(nanoseconds time) { return std::chrono::duration<double>(time).count(); }

bool begins_the_end(const Evidence& evidence) {
  return evidence.is<fact::ReceivedFin>() || evidence.is<fact::ReceiveFailed>() || evidence.is<fact::SendFailed>() ||
         evidence.is<fact::SentFin>() || evidence.is<fact::Aborted>() || evidence.is<fact::Closed>();
}

/// The lines that introduce a metric family.
std::string family(std::string_view name, std::string_view type, std::string_view help) {
  std::string text = fmt::format("# TYPE {} {}\n", name, type);
  if (name.ends_with("_seconds")) text += fmt::format("# UNIT {} seconds\n", name);
  return text + fmt::format("# HELP {} {}\n", name, help);
}

std::string histogram(std::string_view name, std::string_view help, const Histogram& values) {
  return family(name, "histogram", help) + values.text(name);
}

std::string counter(std::string_view name, std::string_view help, std::uint64_t value) {
  return family(name, "counter", help) + fmt::format("{}_total {}\n", name, value);
}

}  // namespace

nanoseconds ending_duration(const ConnectionRecord& record) {
  const auto first = std::ranges::find_if(record.evidence, begins_the_end);
  return first == record.evidence.end() ? nanoseconds(-1) : record.evidence.back().at - first->at;
}

void Histogram::add(nanoseconds value) {
  const double seconds = in_seconds(value);
  const auto bound = std::ranges::lower_bound(bounds, seconds);
  ++counts_[static_cast<std::size_t>(bound - bounds.begin())];
  ++count_;
  sum_ += seconds;
}

std::string Histogram::text(std::string_view name) const {
  std::string text;
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    below += counts_[i];
    text += fmt::format("{}_bucket{{le=\"{:#}\"}} {}\n", name, bounds[i], below);
  }
  text += fmt::format("{}_bucket{{le=\"+Inf\"}} {}\n", name, count_);
  return text + fmt::format("{0}_count {1}\n{0}_sum {2}\n", name, count_, sum_);
}

void Metrics::request(const RequestRecord& request) {
  ++requests_[static_cast<std::size_t>(std::clamp(request.status / 100, 0, 5))];
  if (request.answered_at.count() > 0) request_duration_.add(request.answered_at - request.received_at);
}

void Metrics::settled(const ConnectionRecord& record) {
  const Verdict& verdict = record.verdict;
  ++endings_[{verdict.closed_first, verdict.closed_by, record.close_reason, verdict.time_wait}];
  if (record.evidence.empty()) return;
  lifetime_.add(record.evidence.back().at);
  if (const auto duration = ending_duration(record); duration.count() >= 0) ending_duration_.add(duration);
}

std::string Metrics::requests_text(const Counts& counts) const {
  std::string text = family("closelab_requests", "counter", "Requests by class of their status; none: unanswered.");
  for (std::size_t digit = 1; digit < requests_.size(); ++digit)
    text += fmt::format("closelab_requests_total{{status=\"{}xx\"}} {}\n", digit, requests_[digit]);
  text += fmt::format("closelab_requests_total{{status=\"none\"}} {}\n", requests_[0]);
  return text + counter("closelab_requests_reused", "Requests beyond the first of their connection.", counts.reused);
}

std::string Metrics::endings_text() const {
  std::string text = family("closelab_endings", "counter", "Settled connections by their verdict.");
  for (const auto& [ending, count] : endings_) {
    const auto& [closed_first, closed_by, close_reason, time_wait] = ending;
    text += fmt::format(
        "closelab_endings_total{{closed_first=\"{}\",closed_by=\"{}\",close_reason=\"{}\",time_wait=\"{}\"}} {}\n",
        to_string(closed_first), to_string(closed_by), to_string(close_reason), to_string(time_wait), count);
  }
  return text;
}

std::map<Side, std::uint64_t> Metrics::endings_by_side() const {
  std::map<Side, std::uint64_t> sums;
  for (const auto& [ending, count] : endings_) sums[std::get<Side>(ending)] += count;
  return sums;
}

std::string Metrics::text(const Counts& counts) const {
  std::string text = counter("closelab_connections_accepted", "Connections accepted.", counts.accepted);
  text += family("closelab_connections", "gauge", "Connections that have not settled, by phase.");
  text += fmt::format("closelab_connections{{phase=\"idle\"}} {}\n", counts.idle);
  text += fmt::format("closelab_connections{{phase=\"active\"}} {}\n", counts.active);
  text += fmt::format("closelab_connections{{phase=\"closing\"}} {}\n", counts.closing);
  text += requests_text(counts) + endings_text();
  text += histogram("closelab_request_duration_seconds", "From a request's head to the end of its response.",
                    request_duration_);
  text +=
      histogram("closelab_connection_lifetime_seconds", "From accept() until the connection had settled.", lifetime_);
  text += histogram("closelab_ending_duration_seconds", "From the first FIN or RST until the connection had settled.",
                    ending_duration_);
  return text + "# EOF\n";
}

}  // namespace closelab::lab
