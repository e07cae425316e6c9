#pragma once

#include "closelab/record.h"

namespace closelab {

inline Endpoint loopback(std::uint16_t port) {
  return {.family = AddressFamily::ipv4, .port = port, .address = {127, 0, 0, 1}};
}

/// A connection that the server closed after `Connection: close`.
inline ConnectionRecord server_closed() {
  using namespace std::chrono_literals;
  return {
      .id = 3,
      .phase = Phase::settled,
      .server = loopback(8080),
      .client = loopback(53122),
      .request_count = 1,
      .requests = {{.number = 1,
                    .method = "GET",
                    .target = "/",
                    .status = 200,
                    .persistence = {Persistence::Decision::close, CloseReason::request_close},
                    .received_at = 213us,
                    .answered_at = 301us,
                    .response_body_bytes = 412}},
      .close_reason = CloseReason::request_close,
      .verdict = {Side::server, ClosedBy::fin, ResetBy::none, TimeWait::server, Source::sock_diag},
      .evidence = {{.at = 0us},
                   {.at = 310us,
                    .source = Source::tcp_info,
                    .fact = fact::Sampled{.moment = SampleMoment::before_fin, .state = TcpState::established}},
                   {.at = 315us, .fact = fact::SentFin{}},
                   {.at = 450us, .fact = fact::ReceivedFin{}},
                   {.at = 452us, .fact = fact::Closed{}},
                   {.at = 1ms, .source = Source::sock_diag, .fact = fact::OwnSocket{.state = TcpState::fin_wait_1}},
                   {.at = 60ms, .source = Source::sock_diag, .fact = fact::OwnSocket{.state = TcpState::fin_wait_1}},
                   {.at = 61ms,
                    .source = Source::sock_diag,
                    .fact = fact::OwnSocket{.state = TcpState::time_wait, .timer = 59998ms}},
                   {.at = 61ms, .source = Source::sock_diag, .fact = fact::PeerSocket{.state = TcpState::closed}}},
  };
}

}  // namespace closelab
