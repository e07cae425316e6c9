// How the types of options.h, keep_alive.h and server.h print.

#include <ostream>

#include "closelab/server.h"
#include "server/text/printable.h"
#include "server/text/quantity.h"

namespace closelab {
namespace {

using std::chrono::milliseconds;

std::string text_of(milliseconds value) { return server::format_duration(value); }
std::string text_of(std::int64_t value) { return std::to_string(value); }

template <class Value>
std::string text_of(const Advertised<Value>& hint) {
  using Kind = typename Advertised<Value>::Kind;
  if (hint.kind == Kind::enforced) return "enforced";
  if (hint.kind == Kind::off) return "off";
  if (hint.kind == Kind::fixed) return text_of(hint.value);
  return hint.value < Value{} ? '-' + text_of(-hint.value) : '+' + text_of(hint.value);
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Advertised<milliseconds>& hint) { return out << text_of(hint); }

std::ostream& operator<<(std::ostream& out, const Advertised<std::int64_t>& hint) { return out << text_of(hint); }

std::ostream& operator<<(std::ostream& out, const KeepAliveHints& hints) {
  out << "timeout " << hints.timeout << ", max " << hints.max;
  return hints.when == KeepAliveWhen::needed ? out : out << ", when " << hints.when;
}

std::string_view to_string(KeepAliveWhen when) {
  if (when == KeepAliveWhen::needed) return "needed";
  return when == KeepAliveWhen::asked ? "asked" : "always";
}

std::ostream& operator<<(std::ostream& out, KeepAliveWhen when) { return out << to_string(when); }

std::string_view to_string(ClientHalfClose fin) { return fin == ClientHalfClose::answer ? "answer" : "abort"; }

std::ostream& operator<<(std::ostream& out, ClientHalfClose fin) { return out << to_string(fin); }

std::ostream& operator<<(std::ostream& out, const Counts& counts) {
  return out << server::counted(counts.requests, "request") << " on " << server::counted(counts.accepted, "connection")
             << " (" << counts.reused << " reused); open: " << counts.idle << " idle, " << counts.active << " active, "
             << counts.closing << " closing; " << counts.settled << " settled";
}

std::ostream& operator<<(std::ostream& out, const StopReport& report) {
  out << "stopped in " << report.duration.count() << " ms";
  if (!report.held_up.empty()) out << ", held up by " << server::counted(report.held_up.size(), "connection");
  for (const std::string& route : report.blocking_handlers) out << "\nthe handler of " << route << " still ran";
  for (const RuleStatus& rule : report.unused_rules) out << "\nrule " << rule.id << " never acted: " << rule.rule;
  for (const ConnectionRecord& record : report.held_up) out << '\n' << record;
  return out;
}

}  // namespace closelab
