// The ladder: the server's lifeline on the left, the client's on the right, and between them what
// passed, in time order. What a side did or was seen in stands at its own line.

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <sstream>
#include <vector>

#include "closelab/record.h"
#include "server/text/printable.h"

namespace closelab {
namespace {

using std::chrono::nanoseconds;

/// Columns between the lifelines; with times and sources a line has 95.
constexpr std::size_t inner_width = 70;
constexpr std::size_t time_width = 10;

enum class Shape { at_server, at_client, to_server, to_client };

/// One step of the ladder.
struct Rung {
  nanoseconds at;
  Shape shape;
  std::string label;
  /// How it is known; unset for what our side chose to do.
  std::optional<Source> source;
  /// When the same was seen again, the last time.
  std::optional<nanoseconds> until{};
};

std::string milliseconds_text(nanoseconds time) {
  std::array<char, 32> text{};
  const double count = std::chrono::duration<double, std::milli>(time).count();
  const int size = std::snprintf(text.data(), text.size(), "%.3f", count);
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string time_column(nanoseconds time) {
  const std::string text = milliseconds_text(time);
  return std::string(time_width - std::min(time_width, text.size()), ' ') + text;
}

std::string seconds_text(std::chrono::milliseconds time) {
  const auto tenths = time.count() / 100;
  return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " s";
}

std::string bytes_text(std::uint64_t bytes) { return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes"); }

// What each fact looks like.

std::string socket_label(const Evidence& e) {
  std::string label(to_string(e.state));
  if (e.state == TcpState::time_wait) label += ", " + seconds_text(e.duration) + " left";
  return label;
}

Rung rung_of(const Evidence& e) {
  const auto rung = [&e](Shape shape, std::string label) { return Rung{e.at, shape, std::move(label), e.source}; };
  switch (e.fact) {
    case Fact::accepted:
      return rung(Shape::to_server, "connects");
    case Fact::received_fin:
      return rung(Shape::to_server, "FIN");
    case Fact::sent_fin:
      return rung(Shape::to_client, "FIN");
    case Fact::aborted:
      return rung(Shape::to_client, "RST: close() with SO_LINGER{1,0}");
    case Fact::closed:
      return e.unread > 0 ? rung(Shape::to_client, "RST: close() with " + bytes_text(e.unread) + " unread")
                          : rung(Shape::at_server, describe(e));
    case Fact::receive_failed:
      return e.error == ECONNRESET ? rung(Shape::to_server, "RST: recv() failed with ECONNRESET")
                                   : rung(Shape::at_server, describe(e));
    case Fact::pending_error:
      return e.error == EPIPE || e.error == ECONNRESET
                 ? rung(Shape::to_server, e.error == EPIPE ? "RST: SO_ERROR is EPIPE" : "RST: SO_ERROR is ECONNRESET")
                 : rung(Shape::at_server, describe(e));
    case Fact::own_socket:
      return rung(Shape::at_server, socket_label(e));
    case Fact::peer_socket:
      return rung(Shape::at_client, socket_label(e));
    default:
      return rung(Shape::at_server, describe(e));
  }
}

/// Where the last lookup of one end was drawn.
struct Sighting {
  std::optional<std::size_t> rung;
  TcpState state = TcpState::unknown;
};

/// Lookups are repeated while the kernel's state is transitional: a state that was seen again extends
/// its rung.
void add_lookup(std::vector<Rung>& rungs, const Evidence& e, Sighting& last) {
  if (last.rung && last.state == e.state) {
    rungs[*last.rung].until = e.at;
    return;
  }
  last = {rungs.size(), e.state};
  rungs.push_back(rung_of(e));
}

/// After the client's FIN, close() is what sends ours, unless an RST has ended everything.
bool sends_fin(const Evidence& closed, const std::vector<Evidence>& evidence) {
  if (closed.fact != Fact::closed || closed.unread > 0) return false;
  return std::ranges::none_of(evidence, [](const Evidence& e) {
    return e.fact == Fact::sent_fin || e.fact == Fact::receive_failed || e.fact == Fact::send_failed ||
           e.fact == Fact::pending_error || (e.fact == Fact::sampled && e.state == TcpState::closed);
  });
}

/// What every connection is in before our FIN is no news.
bool goes_without_saying(const Evidence& e) {
  return e.fact == Fact::sampled && e.moment == SampleMoment::before_fin && e.state == TcpState::established;
}

void add_evidence(std::vector<Rung>& rungs, const std::vector<Evidence>& evidence) {
  Sighting own;
  Sighting peer;
  for (const Evidence& e : evidence) {
    if (goes_without_saying(e)) continue;
    if (sends_fin(e, evidence)) {
      rungs.push_back({e.at, Shape::to_client, "FIN: " + describe(e), e.source});
      continue;
    }
    if (e.fact == Fact::own_socket)
      add_lookup(rungs, e, own);
    else if (e.fact == Fact::peer_socket)
      add_lookup(rungs, e, peer);
    else
      rungs.push_back(rung_of(e));
  }
}

std::string request_label(const RequestRecord& request) {
  if (request.method.empty()) return "a request that was refused";
  std::string label = server::printable(request.method) + ' ' + server::printable(request.target) + ' ' +
                      std::string(to_string(request.version));
  if (request.request_body_bytes > 0) label += ", " + bytes_text(request.request_body_bytes);
  return label;
}

std::string response_label(const RequestRecord& request) {
  std::string label = std::to_string(request.status);
  if (const std::string_view phrase = reason_phrase(request.status); !phrase.empty())
    label += ' ' + std::string(phrase);
  label += ", " + bytes_text(request.response_body_bytes);
  if (request.answered_at == nanoseconds(0)) return label + ", not sent to its end";
  return request.persistence.decision == Persistence::Decision::close ? label + ", Connection: close" : label;
}

void add_requests(std::vector<Rung>& rungs, const ConnectionRecord& record) {
  if (record.request_count > record.requests.size() && !record.requests.empty())
    rungs.push_back({record.requests.front().received_at, Shape::at_client,
                     std::to_string(record.request_count - record.requests.size()) + " earlier requests not shown",
                     Source::syscall});
  for (const RequestRecord& request : record.requests) {
    rungs.push_back({request.received_at, Shape::to_server, request_label(request), Source::syscall});
    const nanoseconds answered = std::max(request.answered_at, request.received_at);
    if (request.status == 0)
      rungs.push_back({answered, Shape::at_server, "request " + std::to_string(request.number) + " was never answered",
                       Source::syscall});
    else
      rungs.push_back({answered, Shape::to_client, response_label(request), Source::syscall});
  }
}

void add_rules(std::vector<Rung>& rungs, const ConnectionRecord& record) {
  for (const RuleFiring& firing : record.rules_fired) {
    std::ostringstream label;
    label << firing;
    rungs.push_back({firing.at, Shape::at_server, label.str(), {}});
  }
}

/// A TIME_WAIT that follows from the rest, but that no lookup showed.
void add_inferred(std::vector<Rung>& rungs, const ConnectionRecord& record) {
  const Verdict& verdict = record.verdict;
  if (verdict.time_wait_source != Source::inferred || rungs.empty()) return;
  const nanoseconds at = rungs.back().at;
  if (verdict.time_wait == TimeWait::server || verdict.time_wait == TimeWait::both)
    rungs.push_back({at, Shape::at_server, "TIME_WAIT", Source::inferred});
  if (verdict.time_wait == TimeWait::client || verdict.time_wait == TimeWait::both)
    rungs.push_back({at, Shape::at_client, "TIME_WAIT", Source::inferred});
}

std::vector<Rung> rungs_of(const ConnectionRecord& record) {
  std::vector<Rung> rungs;
  add_requests(rungs, record);
  add_rules(rungs, record);
  add_evidence(rungs, record.evidence);
  std::ranges::stable_sort(rungs, {}, &Rung::at);
  add_inferred(rungs, record);
  return rungs;
}

// How a step is drawn. Labels are ASCII: a byte is a column.

std::string shortened(std::string label, std::size_t width) {
  if (label.size() <= width) return label;
  label.resize(width - 3);
  return label + "...";
}

std::string dashes(std::size_t count) {
  std::string line;
  for (std::size_t i = 0; i < count; ++i) line += "─";
  return line;
}

std::string arrow(const Rung& rung) {
  // Two dashes and a space before the label, a space behind it, at least five dashes and the head.
  const std::string label = ' ' + shortened(rung.label, inner_width - 10) + ' ';
  const std::string shaft = dashes(inner_width - label.size() - 3);
  return rung.shape == Shape::to_client ? "──" + label + shaft + '>' : '<' + shaft + label + "──";
}

std::string note(Shape shape, const std::string& text) {
  const std::string space(inner_width - text.size() - 2, ' ');
  return shape == Shape::at_server ? ' ' + text + ' ' + space : space + ' ' + text + ' ';
}

std::string_view source_text(const Rung& rung) { return rung.source ? to_string(*rung.source) : ""; }

std::string line(const std::string& time, const std::string& inner, std::string_view source) {
  return time + "  │" + inner + "│  " + std::string(source);
}

std::string without_trailing_spaces(std::string text) {
  text.erase(text.find_last_not_of(' ') + 1);
  return text + '\n';
}

/// A note may need several lines; only the first has the time and the source.
std::string drawn_note(const Rung& rung) {
  std::string out;
  const std::string label = rung.until ? rung.label + ", still at " + milliseconds_text(*rung.until) : rung.label;
  std::string_view text = label;
  while (!text.empty()) {
    std::size_t length = text.size();
    if (length > inner_width - 2) length = std::min(text.rfind(' ', inner_width - 2), inner_width - 2);
    const bool first = out.empty();
    out += without_trailing_spaces(line(first ? time_column(rung.at) : std::string(time_width, ' '),
                                        note(rung.shape, std::string(text.substr(0, length))),
                                        first ? source_text(rung) : ""));
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  return out;
}

std::string drawn(const Rung& rung) {
  if (rung.shape == Shape::at_server || rung.shape == Shape::at_client) return drawn_note(rung);
  return line(time_column(rung.at), arrow(rung), source_text(rung)) + '\n';
}

std::string header(const ConnectionRecord& record) {
  const std::string server = "server " + to_string(record.server);
  const std::string client = "client " + to_string(record.client);
  const std::string time = std::string(time_width - 2, ' ') + "ms  ";
  const std::string blank(time.size(), ' ');
  const std::size_t width = inner_width + 2;
  if (server.size() + client.size() < width)
    return time + server + std::string(width - server.size() - client.size(), ' ') + client + "  known by\n";
  // Two long IPv6 endpoints need a line each.
  return blank + server + '\n' + time + std::string(width - std::min(width, client.size()), ' ') + client +
         "  known by\n";
}

}  // namespace

std::string ladder(const ConnectionRecord& record) {
  std::string out = header(record);
  for (const Rung& rung : rungs_of(record)) out += drawn(rung);
  return out;
}

}  // namespace closelab
