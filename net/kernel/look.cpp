#include "net/kernel/look.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace closelab::net {
namespace {

using namespace std::chrono_literals;

/// So often an end is looked at that stays although the other has gone.
constexpr int most_looks_at_one = 4;

/// A socket that goes from these into FIN_WAIT_2 or TIME_WAIT is replaced by a smaller one, which no lookup finds until
/// it may be referred to (Linux, inet_twsk_hashdance): for an instant there seems to be none.
bool is_replaced_after(TcpState state) { return state == TcpState::fin_wait_1 || state == TcpState::closing; }

TcpState last_sampled(std::span<const Evidence> evidence) {
  const auto is_sample = [](const Evidence& seen) { return seen.is<fact::Sampled>(); };
  const auto last = std::find_if(evidence.rbegin(), evidence.rend(), is_sample);
  return last != evidence.rend() ? last->as<fact::Sampled>()->state : TcpState::unknown;
}

/// An RST takes both ends away at once, and into no further state.
bool is_reset(const Evidence& seen) {
  const auto* closed = seen.as<fact::Closed>();
  const auto* aborted = seen.as<fact::Aborted>();
  return (aborted != nullptr && !aborted->silent) || seen.is<fact::ReceiveFailed>() || seen.is<fact::SendFailed>() ||
         seen.is<fact::PendingError>() || (closed != nullptr && closed->unread > 0);
}

/// Whether an end that was not found may be there all the same.
bool may_be_replaced(const Look& look, std::span<const Evidence> evidence) {
  if (look.own != TcpState::closed || std::ranges::any_of(evidence, is_reset)) return false;
  const TcpState before = look.own_before == TcpState::unknown ? last_sampled(evidence) : look.own_before;
  const bool both_gone = look.peer == TcpState::closed;
  return is_replaced_after(before) || (both_gone && (look.count == 1 || is_replaced_after(look.peer_before)));
}

/// The client's end is looked up before ours: what has ended ours in between may have ended that, too.
bool is_older_than_our_end(const Look& look) {
  return look.own == TcpState::closed && look.peer != TcpState::unknown && !is_final(look.peer);
}

/// Our end has seen both FINs acknowledged, so that its peer has ours: it came between the two lookups of one look.
bool is_overtaken(TcpState own, TcpState peer) {
  return own == TcpState::time_wait &&
         (peer == TcpState::fin_wait_1 || peer == TcpState::fin_wait_2 || peer == TcpState::closing);
}

/// The client's end is gone, and what it sent last has not ended ours, as when its RST came at the instant in which the
/// kernel replaced our socket (inet_twsk_hashdance): nobody is left who could send a FIN.
bool is_deserted(TcpState own, TcpState peer) { return own == TcpState::fin_wait_2 && peer == TcpState::closed; }

}  // namespace

bool is_doubtful(const Look& look, std::span<const Evidence> evidence) {
  return may_be_replaced(look, evidence) || is_older_than_our_end(look);
}

bool is_final(TcpState state) { return state == TcpState::closed || state == TcpState::time_wait; }

Progress judge_states(TcpState own, TcpState peer, int looks) {
  if (own == TcpState::unknown) return Progress::settled;  // the kernel can't be asked
  if (is_deserted(own, peer)) return looks >= most_looks_at_one ? Progress::settled : Progress::transitional;
  if (!is_final(own) || is_overtaken(own, peer)) return Progress::transitional;
  if (peer == TcpState::unknown || is_final(peer)) return Progress::settled;
  return looks >= most_looks_at_one ? Progress::settled : Progress::transitional;
}

std::chrono::milliseconds next_look(int looks) {
  static constexpr std::array<std::chrono::milliseconds, 5> pauses{1ms, 5ms, 20ms, 60ms, 250ms};
  const auto index = static_cast<std::size_t>(looks - 1);
  return index < pauses.size() ? pauses[index] : 1000ms;
}

}  // namespace closelab::net
