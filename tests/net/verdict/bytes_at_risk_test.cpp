#include <doctest/doctest.h>

#include <vector>

#include "net/verdict/derive_verdict.h"

namespace closelab::net {
namespace {

TEST_CASE("what an RST of ours puts at risk is what the client had not acknowledged, our FIN not counted") {
  const auto sampled = [](SampleMoment moment, TcpState state, std::uint32_t unacked) {
    return Evidence{
        .source = Source::tcp_info, .fact = Fact::sampled, .moment = moment, .state = state, .unacked = unacked};
  };
  const Evidence frozen{.fact = Fact::stopped_receiving};
  const Evidence fin{.fact = Fact::sent_fin};
  const Evidence client_gone{.source = Source::sock_diag, .fact = Fact::peer_socket, .state = TcpState::closed};
  const Evidence ours_gone{.source = Source::sock_diag, .fact = Fact::own_socket, .state = TcpState::closed};
  const std::vector<Evidence> aborted{
      frozen, sampled(SampleMoment::before_close, TcpState::established, 700), {.fact = Fact::aborted}};
  CHECK(derive_verdict(aborted).bytes_at_risk == 700);
  const std::vector<Evidence> cut_drain{fin,
                                        sampled(SampleMoment::after_fin, TcpState::fin_wait_1, 701),
                                        sampled(SampleMoment::before_close, TcpState::fin_wait_1, 701),
                                        {.fact = Fact::closed, .unread = 9}};
  CHECK(derive_verdict(cut_drain).bytes_at_risk == 700);
  const std::vector<Evidence> late_data{
      fin, sampled(SampleMoment::after_fin, TcpState::fin_wait_1, 701), {.fact = Fact::closed}, ours_gone, client_gone};
  CHECK(derive_verdict(late_data).bytes_at_risk == 700);
  const std::vector<Evidence> orderly{fin,
                                      sampled(SampleMoment::after_fin, TcpState::fin_wait_1, 701),
                                      {.fact = Fact::received_fin},
                                      {.fact = Fact::closed}};
  CHECK(derive_verdict(orderly).bytes_at_risk == 0);
}

}  // namespace
}  // namespace closelab::net
