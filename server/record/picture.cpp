#include "server/record/picture.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sstream>
#include <utility>
#include <variant>

#include "net/verdict/fins.h"
#include "server/text/printable.h"

namespace closelab::server {
namespace {

using std::chrono::nanoseconds;

constexpr std::array<std::string_view, 10> kind_names{"syn", "request", "response", "data",  "fin",
                                                      "rst", "rule",    "call",     "state", "note"};

std::string seconds_text(std::chrono::milliseconds time) {
  const auto tenths = time.count() / 100;
  return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " s";
}

// What each fact looks like.

Rung rung_of(const Evidence& e, RungKind kind, Side side, std::string text) {
  return {.at = e.at, .kind = kind, .side = side, .text = std::move(text), .source = e.source};
}

Rung note_of(const Evidence& e) { return rung_of(e, RungKind::note, Side::server, describe(e)); }

Rung socket_rung(const Evidence& e, Side side, TcpState state, std::chrono::milliseconds timer) {
  std::string text(to_string(state));
  if (state == TcpState::time_wait) text += ", " + seconds_text(timer) + " left";
  Rung rung = rung_of(e, RungKind::state, side, std::move(text));
  rung.state = state;
  return rung;
}

RungKind kind_of(const fact::Segment& segment) {
  if (segment.rst) return RungKind::rst;
  return segment.fin ? RungKind::fin : RungKind::syn;
}

Side sender_of(const fact::Segment& segment) { return segment.from == Sender::server ? Side::server : Side::client; }

Rung segment_rung(const Evidence& e, const fact::Segment& segment) {
  std::string text;
  for (const auto& [is_set, name] :
       {std::pair{segment.syn, "SYN"}, {segment.fin, "FIN"}, {segment.rst, "RST"}, {segment.ack, "ACK"}})
    if (is_set) text += (text.empty() ? "" : ", ") + std::string(name);
  if (segment.rst && !segment.ack) text += ": answers a segment that found no socket";
  return rung_of(e, kind_of(segment), sender_of(segment), std::move(text));
}

/// Draws each fact; `e` is the evidence that it is of.
struct Drawer {
  const Evidence& e;

  Rung operator()(const fact::Accepted&) const { return rung_of(e, RungKind::syn, Side::client, "connects"); }
  Rung operator()(const fact::Sampled& sample) const {
    Rung rung = note_of(e);
    rung.kind = RungKind::state;
    rung.state = sample.state;
    return rung;
  }
  Rung operator()(const fact::Segment& segment) const { return segment_rung(e, segment); }
  Rung operator()(const fact::SentFin&) const { return rung_of(e, RungKind::fin, Side::server, "FIN"); }
  Rung operator()(const fact::Aborted& aborted) const {
    if (aborted.silent) return rung_of(e, RungKind::call, Side::server, describe(e));
    return rung_of(e, RungKind::rst, Side::server, "RST: close() with SO_LINGER{1,0}");
  }
  Rung operator()(const fact::Closed& closed) const {
    if (closed.unread == 0) return rung_of(e, RungKind::call, Side::server, describe(e));
    return rung_of(e, RungKind::rst, Side::server, "RST: close() with " + counted(closed.unread, "byte") + " unread");
  }
  Rung operator()(const fact::ReceiveFailed& failed) const {
    return failed.error == ECONNRESET ? reset_rung("RST: recv() failed with ECONNRESET") : note_of(e);
  }
  Rung operator()(const fact::PendingError& pending) const {
    if (pending.error == EPIPE) return reset_rung("RST: SO_ERROR is EPIPE");
    return pending.error == ECONNRESET ? reset_rung("RST: SO_ERROR is ECONNRESET") : note_of(e);
  }
  Rung operator()(const fact::OwnSocket& socket) const {
    return socket_rung(e, Side::server, socket.state, socket.timer);
  }
  Rung operator()(const fact::PeerSocket& socket) const {
    return socket_rung(e, Side::client, socket.state, socket.timer);
  }
  template <class Other>
  Rung operator()(const Other&) const {
    return note_of(e);
  }

 private:
  Rung reset_rung(std::string text) const { return rung_of(e, RungKind::rst, Side::client, std::move(text)); }
};

Rung rung_of(const Evidence& e) { return std::visit(Drawer{e}, e.fact); }

bool is_reset(const Evidence& e) {
  return e.is<fact::ReceiveFailed>() || e.is<fact::SendFailed>() || e.is<fact::PendingError>();
}

/// After the client's FIN, close() is what sends ours, unless an RST has ended everything.
bool sends_fin(const Evidence& e, const std::vector<Evidence>& evidence) {
  const auto* closed = e.as<fact::Closed>();
  if (closed == nullptr || closed->unread > 0) return false;
  return std::ranges::none_of(evidence, [](const Evidence& other) {
    const auto* sampled = other.as<fact::Sampled>();
    return other.is<fact::SentFin>() || is_reset(other) || (sampled != nullptr && sampled->state == TcpState::closed);
  });
}

/// What every connection is in before our FIN is no news.
bool goes_without_saying(const Evidence& e) {
  const auto* sampled = e.as<fact::Sampled>();
  return sampled != nullptr && sampled->moment == SampleMoment::before_fin && sampled->state == TcpState::established;
}

/// Turns evidence into rungs, one fact after the other.
class EvidenceRungs {
 public:
  EvidenceRungs(const std::vector<Evidence>& evidence, std::vector<Rung>& rungs)
      : evidence_(evidence), rungs_(rungs), client_fin_(was_captured(RungKind::fin, Side::client)) {}

  void add(const Evidence& e) {
    if (goes_without_saying(e)) return;
    const bool fin_is_news = !client_fin_ && !failed_ && net::shows_client_fin(e);
    if (fin_is_news) add_client_fin(e);
    failed_ = failed_ || is_reset(e);
    // That recv() returned 0 tells of a FIN that no state has told of before.
    if (e.is<fact::ReceivedFin>() && fin_is_news) return;
    if (const auto* own = e.as<fact::OwnSocket>()) return add_lookup(e, Side::server, own->state);
    if (const auto* peer = e.as<fact::PeerSocket>()) return add_lookup(e, Side::client, peer->state);
    const Rung rung =
        sends_fin(e, evidence_) ? rung_of(e, RungKind::fin, Side::server, "FIN: " + describe(e)) : rung_of(e);
    // What was captured is drawn once, where the packet was; that a call sent it, or told of it, is a note.
    const bool is_told_by_packet = !e.is<fact::Segment>() && was_captured(rung.kind, rung.side);
    rungs_.push_back(is_told_by_packet ? note_of(e) : rung);
  }

  bool has_client_fin() const { return client_fin_; }

 private:
  bool was_captured(RungKind kind, Side side) const {
    return std::ranges::any_of(evidence_, [&](const Evidence& e) {
      const auto* segment = e.as<fact::Segment>();
      return segment != nullptr && kind_of(*segment) == kind && sender_of(*segment) == side;
    });
  }

  /// It had arrived when the first fact showed it.
  void add_client_fin(const Evidence& e) {
    rungs_.push_back(rung_of(e, RungKind::fin, Side::client, "FIN"));
    client_fin_ = true;
  }

  /// Lookups are repeated while the kernel's state is transitional: a state that was seen again extends its rung.
  void add_lookup(const Evidence& e, Side side, TcpState state) {
    const auto looked_up = [side](const Rung& rung) { return rung.source == Source::sock_diag && rung.side == side; };
    const auto last = std::ranges::find_if(rungs_.rbegin(), rungs_.rend(), looked_up);
    if (last != rungs_.rend() && last->kind == RungKind::state && last->state == state)
      last->until = e.at;
    else
      rungs_.push_back(rung_of(e));
  }

  const std::vector<Evidence>& evidence_;
  std::vector<Rung>& rungs_;
  bool client_fin_;
  bool failed_ = false;
};

/// A FIN that the verdict is sure of, though nothing showed it by itself.
bool client_sent_fin(const Verdict& verdict) {
  return verdict.closed_by == ClosedBy::fin &&
         (verdict.closed_first == Side::client || verdict.closed_first == Side::both);
}

void add_evidence(std::vector<Rung>& rungs, const ConnectionRecord& record) {
  std::vector<Rung> found;
  EvidenceRungs evidence(record.evidence, found);
  for (const Evidence& e : record.evidence) evidence.add(e);
  if (client_sent_fin(record.verdict) && !evidence.has_client_fin() && !found.empty())
    found.push_back({.at = found.back().at,
                     .kind = RungKind::fin,
                     .side = Side::client,
                     .text = "FIN",
                     .source = Source::inferred});
  rungs.insert(rungs.end(), found.begin(), found.end());
}

std::string request_text(const RequestRecord& request) {
  if (request.method.empty()) return "a request that was refused";
  std::string text = request.method + ' ' + request.target;
  if (request.version != VersionNumber{}) text += ' ' + to_string(request.version);
  if (request.request_body_bytes > 0) text += ", " + counted(request.request_body_bytes, "byte");
  return printable(text);
}

std::string response_text(const RequestRecord& request) {
  std::string text = std::to_string(request.status);
  if (const std::string_view phrase = reason_phrase(request.status); !phrase.empty()) text += ' ' + std::string(phrase);
  text += ", " + counted(request.response_body_bytes, "byte");
  if (request.answered_at == nanoseconds(0)) return text + ", not sent to its end";
  return request.persistence.decision == Persistence::Decision::close ? text + ", Connection: close" : text;
}

Rung seen_by_call(nanoseconds at, RungKind kind, Side side, std::string text) {
  return {.at = at, .kind = kind, .side = side, .text = std::move(text), .source = Source::syscall};
}

/// When the response was handed to the kernel, or when it began, if it never was to its end: not before what rules did
/// before it, whose effects it may show.
nanoseconds answer_time(const RequestRecord& request, const ConnectionRecord& record) {
  nanoseconds time = std::max(request.answered_at, request.received_at);
  for (const RuleFiring& firing : record.rules_fired) {
    const bool before = firing.request_number == request.number && firing.moment <= At::before_response;
    if (before && request.answered_at == nanoseconds(0)) time = std::max(time, firing.at);
  }
  return time;
}

/// Where nothing came between head and body, the head tells of both.
bool is_body_apart(const RequestRecord& request) {
  if (request.body_received_at == nanoseconds(0)) return false;
  const bool is_early = request.answered_at > nanoseconds(0) && request.answered_at < request.body_received_at;
  return is_early || request.continued_at > nanoseconds(0) ||
         request.body_received_at - request.received_at >= std::chrono::milliseconds(1);
}

/// That a head did not come in time is no packet.
Rung head_rung(const RequestRecord& request, const ConnectionRecord& record, bool is_last) {
  const bool is_overdue = is_last && record.close_reason == CloseReason::header_timeout;
  if (!is_overdue) return seen_by_call(request.received_at, RungKind::request, Side::client, request_text(request));
  const std::string what = request.method.empty() ? "a request" : request_text(request);
  return seen_by_call(request.received_at, RungKind::note, Side::client, what + ", whose head has not come");
}

void add_request(std::vector<Rung>& rungs, const RequestRecord& request, const ConnectionRecord& record) {
  const bool is_last = &request == &record.requests.back();
  rungs.push_back(head_rung(request, record, is_last));
  if (!record.refusal.empty() && is_last)
    rungs.push_back(seen_by_call(request.received_at, RungKind::note, Side::server, "refused: " + record.refusal));
  if (request.continued_at > nanoseconds(0))
    rungs.push_back(seen_by_call(request.continued_at, RungKind::data, Side::server, "100 Continue"));
  if (is_body_apart(request))
    rungs.push_back(seen_by_call(request.body_received_at, RungKind::data, Side::client,
                                 "the end of its body, " + counted(request.request_body_bytes, "byte")));
  const nanoseconds answered = answer_time(request, record);
  if (request.status == 0)
    rungs.push_back(seen_by_call(answered, RungKind::note, Side::server,
                                 "request " + std::to_string(request.number) + " was never answered"));
  else
    rungs.push_back(seen_by_call(answered, RungKind::response, Side::server, response_text(request)));
}

void add_requests(std::vector<Rung>& rungs, const ConnectionRecord& record) {
  if (record.request_count > record.requests.size() && !record.requests.empty())
    rungs.push_back(
        seen_by_call(record.requests.front().received_at, RungKind::note, Side::client,
                     std::to_string(record.request_count - record.requests.size()) + " earlier requests not shown"));
  for (const RequestRecord& request : record.requests) add_request(rungs, request, record);
}

void add_local_client(std::vector<Rung>& rungs, const ConnectionRecord& record) {
  if (!record.local_client) return;
  const auto& [uid, processes, keepalive] = *record.local_client;
  std::string text = processes.empty() ? "a process of user " + std::to_string(uid) : printable(names_of(processes));
  if (keepalive) text += "; its keepalive timer runs";
  rungs.push_back({.kind = RungKind::note, .side = Side::client, .text = std::move(text), .source = Source::sock_diag});
}

void add_pieces(std::vector<Rung>& rungs, const PacedPieces& pieces) {
  for (const auto& [at, from, bytes] : pieces.first) {
    const Side side = from == Sender::server ? Side::server : Side::client;
    rungs.push_back(seen_by_call(at, RungKind::data, side, "a piece of " + counted(bytes, "byte")));
  }
  if (pieces.left_out > 0)
    rungs.push_back({.at = pieces.first.back().at,
                     .kind = RungKind::rule,
                     .text = counted(pieces.left_out, "more piece") + ", not shown"});
}

void add_rules(std::vector<Rung>& rungs, const ConnectionRecord& record) {
  for (const RuleFiring& firing : record.rules_fired) {
    std::ostringstream text;
    text << firing;
    rungs.push_back({.at = firing.at, .kind = RungKind::rule, .text = printable(text.str())});
    if (firing.pieces) add_pieces(rungs, *firing.pieces);
  }
}

/// Why the verdict leaves open who was first.
void add_reason(std::vector<Rung>& rungs, const ConnectionRecord& record) {
  const Verdict& verdict = record.verdict;
  const bool is_known = verdict.closed_first != Side::undetermined;
  if (is_known || verdict.undetermined_because == UnknownBecause::open || rungs.empty()) return;
  rungs.push_back({.at = rungs.back().at,
                   .kind = RungKind::note,
                   .text = "undetermined: " + std::string(describe(verdict.undetermined_because)),
                   .source = Source::inferred});
}

/// A TIME_WAIT that follows from the rest, but that no lookup showed.
void add_inferred(std::vector<Rung>& rungs, const ConnectionRecord& record) {
  const Verdict& verdict = record.verdict;
  if (verdict.time_wait_source != Source::inferred || rungs.empty()) return;
  const auto add = [&rungs](Side side) {
    rungs.push_back({.at = rungs.back().at,
                     .kind = RungKind::state,
                     .side = side,
                     .text = std::string(to_string(TcpState::time_wait)),
                     .source = Source::inferred,
                     .state = TcpState::time_wait});
  };
  if (verdict.time_wait == TimeWait::server || verdict.time_wait == TimeWait::both) add(Side::server);
  if (verdict.time_wait == TimeWait::client || verdict.time_wait == TimeWait::both) add(Side::client);
}

}  // namespace

std::string_view to_string(RungKind kind) { return kind_names[static_cast<std::size_t>(kind)]; }

RungKind rung_kind_named(std::string_view name) {
  const auto found = std::ranges::find(kind_names, name);
  return found == kind_names.end() ? RungKind::note : static_cast<RungKind>(found - kind_names.begin());
}

Picture picture_of(const ConnectionRecord& record) {
  Picture picture{.client = record.client, .server = record.server};
  // At one moment, a rule comes before what it did.
  add_rules(picture.rungs, record);
  add_requests(picture.rungs, record);
  add_evidence(picture.rungs, record);
  add_local_client(picture.rungs, record);
  std::ranges::stable_sort(picture.rungs, {}, &Rung::at);
  add_inferred(picture.rungs, record);
  add_reason(picture.rungs, record);
  return picture;
}

}  // namespace closelab::server
