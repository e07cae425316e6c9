#include "closelab/record.h"

#include <algorithm>
#include <array>
#include <ostream>

namespace closelab {
namespace {

std::string plural(std::uint64_t count, std::string_view noun) {
  return std::to_string(count) + ' ' + std::string(noun) + (count == 1 ? "" : "s");
}

/// Reasons that only repeat what the verdict says already.
bool is_tautology(CloseReason reason) {
  return reason == CloseReason::none || reason == CloseReason::peer_closed || reason == CloseReason::peer_reset ||
         reason == CloseReason::tcp_timeout;
}

/// The verdict's sentence with the reason behind its first clause, which says who closed.
std::string with_reason(const ConnectionRecord& record) {
  std::string text = describe(record.verdict);
  if (is_tautology(record.close_reason)) return text;
  const std::string reason = ", because " + std::string(describe(record.close_reason));
  return text.insert(std::min(text.find(';'), text.size()), reason);
}

}  // namespace

std::string_view to_string(Phase phase) {
  static constexpr std::array<std::string_view, 4> names{"idle", "active", "closing", "settled"};
  return names[static_cast<std::size_t>(phase)];
}

std::string describe(const ConnectionRecord& record) {
  const std::string connection = "connection " + std::to_string(record.id) + ": ";
  if (record.phase == Phase::settled) return connection + with_reason(record);
  return connection + std::string(to_string(record.phase)) + ", " + plural(record.request_count, "request");
}

std::ostream& operator<<(std::ostream& out, const ConnectionRecord& record) {
  return out << describe(record) << '\n' << ladder(record);
}

}  // namespace closelab
