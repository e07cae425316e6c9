#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "server/lab/audit/played.h"
#include "server/lab/experiments/expectation.h"

namespace closelab::lab {

/// What can be observed in a scenario. N of `step` counts the client's steps, N of `connection` what was accepted.
///
///   connections, connections.unused, connections.open
///                          accepted; of these, without a request; not ended by either side
///   requests, requests.METHOD, handled, handled.METHOD
///                          received; that a handler has seen
///   rules_fired            how often rules have acted
///   step.N.result, status, bytes
///                          the client's word: ok or err, of the response
///   step.N.said            the same in words, for `good` and `bad`: `200 with 10 bytes`, `an error`
///   step.N.took            from the step to the client's word
///   step.N.requests, connections
///                          requests that the step has made, and on how many connections
///   step.N.reused          whether its first request came on a connection that had carried one: yes, no; none without
///   step.N.connection      of its last request; 0 without
///   step.N.asked_close     whether its last request said `Connection: close`: yes, no; none without
///   step.N.answer_time     from its last request's head to the end of its answer
///   connection.N.requests, dropped
///                          requests on it; bytes that the client sent after our FIN
///   connection.N.closed_first, closed_by
///                          of its verdict; `open` while it has none
///   sockets.STATE, sockets.keepalive
///                          the client's sockets at the last LOOK, in that state; with a keepalive timer
class AuditVocabulary {
 public:
  /// For a plan with so many steps of the client's.
  explicit AuditVocabulary(std::size_t steps) : steps_(steps) {}

  /// What is wrong with the text is put into `error`.
  Expectation parse(std::string_view text, std::string& error) const;
  bool knows(std::string_view name) const { return meaning(name).kind != Meaning::Kind::unknown; }
  std::string unknown_name(std::string_view name) const;

 private:
  Meaning meaning(std::string_view name) const;
  Meaning meaning_of_numbered(std::string_view name) const;

  std::size_t steps_;
};

/// Everything that can be observed in it.
Observations observe(const Played& played);

/// Whether only the client can know it.
bool is_clients_word(std::string_view name);

/// The names between braces.
std::vector<std::string> names_in_template(std::string_view text);
/// The text with what was observed in their place; after a colon may be what it counts: `{requests:request}`.
std::string fill_template(std::string_view text, const Observations& seen);

}  // namespace closelab::lab
