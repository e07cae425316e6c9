#include <doctest/doctest.h>

#include <vector>

#include "net/verdict/derive_verdict.h"

namespace closelab::net {
namespace {

TEST_CASE("what an RST of ours puts at risk is what the client had not acknowledged, our FIN not counted") {
  const auto sampled = [](SampleMoment moment, TcpState state, std::uint32_t unacked) {
    return Evidence{.source = Source::tcp_info,
                    .fact = fact::Sampled{.moment = moment, .state = state, .unacked = unacked}};
  };
  const Evidence frozen{.fact = fact::StoppedReceiving{}};
  const Evidence fin{.fact = fact::SentFin{}};
  const Evidence client_gone{.source = Source::sock_diag, .fact = fact::PeerSocket{.state = TcpState::closed}};
  const Evidence ours_gone{.source = Source::sock_diag, .fact = fact::OwnSocket{.state = TcpState::closed}};
  const std::vector<Evidence> aborted{
      frozen, sampled(SampleMoment::before_close, TcpState::established, 700), {.fact = fact::Aborted{}}};
  CHECK(derive_verdict(aborted).bytes_at_risk == 700U);
  const std::vector<Evidence> cut_drain{fin,
                                        sampled(SampleMoment::after_fin, TcpState::fin_wait_1, 701),
                                        sampled(SampleMoment::before_close, TcpState::fin_wait_1, 701),
                                        {.fact = fact::Closed{.unread = 9}}};
  CHECK(derive_verdict(cut_drain).bytes_at_risk == 700U);
  const std::vector<Evidence> late_data{fin,
                                        sampled(SampleMoment::after_fin, TcpState::fin_wait_1, 701),
                                        {.fact = fact::Closed{}},
                                        ours_gone,
                                        client_gone};
  // Nobody has seen what came after close().
  CHECK(derive_verdict(late_data).bytes_at_risk == std::nullopt);
  const std::vector<Evidence> orderly{fin,
                                      sampled(SampleMoment::after_fin, TcpState::fin_wait_1, 701),
                                      {.fact = fact::ReceivedFin{}},
                                      sampled(SampleMoment::at_eof, TcpState::closed, 0),
                                      {.fact = fact::Closed{}}};
  CHECK(derive_verdict(orderly).bytes_at_risk == 0U);
}

}  // namespace
}  // namespace closelab::net
