#pragma once

#include <cstdint>

#include "closelab/record.h"

namespace closelab::server {

/// How far an answer was handed to the kernel. One without a body (204, 304, to HEAD) is whole with its head.
enum class AnswerSent : std::uint8_t {
  nothing,
  part,
  whole,
  until_close,  ///< all of it, but its body ends with the connection: without an orderly end it is incomplete
};

/// How far the client's kernel has acknowledged an answer. Acknowledged is not read.
enum class AnswerAcknowledged : std::uint8_t { unknown, part, whole };

/// What happened to the connection after that.
enum class Aftermath : std::uint8_t {
  open,            ///< nothing yet
  orderly,         ///< both FINs, or at least ours, arrived, and nobody reset it
  client_reset,    ///< the client's RST
  server_reset,    ///< ours, while the client was silent
  cut_off_client,  ///< ours, or one that is to come, while the client was still sending: its program may see only that
  unseen,          ///< nobody saw how it ended
};

/// What is known of a request and its answer when its connection has ended.
struct RequestFacts {
  SeenBy seen_by = SeenBy::nobody;
  AnswerSent sent = AnswerSent::nothing;
  AnswerAcknowledged acknowledged = AnswerAcknowledged::unknown;
  Aftermath aftermath = Aftermath::open;
};

struct Outcome {
  Retry retry = Retry::not_needed;
  /// How it is known.
  Source source = Source::syscall;
  bool answer_may_be_unread = false;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

/// May the client send the request again? docs/outcomes.md is its table.
Outcome judge_request(const RequestFacts& facts);

/// Judges every request of a connection that has settled, and the connection by the worst of them. What it has of
/// `retry` already (bytes that came after the last request) counts too. `until_close`: the number of the request from
/// whose answer on everything was a body that ends with the connection; 0: there was none.
void judge_outcomes(ConnectionRecord& record, std::uint64_t until_close = 0);

std::string_view to_string(AnswerSent sent);
std::string_view to_string(AnswerAcknowledged acknowledged);
std::string_view to_string(Aftermath aftermath);

}  // namespace closelab::server
