#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "closelab/rule.h"
#include "http/response_writer.h"
#include "server/connection/lifecycle.h"
#include "server/connection/output.h"
#include "server/rules/rule_book.h"
#include "server/rules/rule_matcher.h"

namespace closelab::server {

/// The rules that are armed for one connection, and what they have started. It says what is to be done at a moment;
/// the connection does it. Most connections have no rules, and then this is one null pointer.
class RuleRunner {
 public:
  using Clock = std::chrono::steady_clock;

  struct Moment {
    At at = At::accept;
    /// How many bytes of a body have passed.
    std::uint64_t bytes = 0;
    std::chrono::milliseconds idle_for{};
  };
  /// What the steps depend on beside the rules.
  struct Settings {
    CloseMode mode;
    /// The longest wait for acknowledgements.
    std::chrono::milliseconds write_timeout;
  };

  /// Before any request only rules can be meant that ask for none.
  void arm_at_accept(const RuleBook& book, std::uint64_t connection_id);
  /// A request's head is there: from now on its rules count, up to the first byte of the next request. `own` are those
  /// that came with it.
  void arm_for_request(const RuleBook& book, const Place& place, std::vector<Rule> own);
  /// Have the rules changed since they were looked through for this connection?
  bool is_behind(const RuleBook& book) const { return book_version_ != book.version(); }
  /// They have, while it was idle: those at `next_request` are as the book has them now. `place` is of the request
  /// before.
  void arm_for_next_request(const RuleBook& book, const Place& place);
  /// The next request has begun: what was armed for the last one has missed its moment.
  void forget_request();

  bool any() const { return state_ != nullptr; }
  bool waits_for(At at) const { return state_ != nullptr && has(at); }

  /// What becomes of the 100 (Continue) that the request asks for.
  enum class Continue : std::uint8_t {
    ours,    ///< no rule has said anything
    theirs,  ///< a rule has sent it, or does not want it
    late,    ///< it is sent now, whatever has come of the body
  };
  Continue take_continue();

  /// The next rule whose turn it is at this moment; it has had it then. Null when there is none.
  std::shared_ptr<BookedRule> take_turn(const Moment& moment);
  /// What a rule does that has its turn, and has said what it says at once.
  Step perform(const BookedRule& booked, const Moment& moment, const Settings& settings);
  /// A rule has made the connection wait at this moment, where others may still have their turn.
  std::optional<Moment> take_interrupted();
  /// The mode of a close that has waited for acknowledgements.
  CloseMode pending_mode() const { return state_ != nullptr ? state_->pending_mode : CloseMode::lingering; }
  /// No rule waits any more.
  void cut();

  /// The body position, `from` or later, at which a rule waits for its turn.
  std::optional<std::uint64_t> next_stop(At body, std::uint64_t from) const;
  /// How long the connection must be idle for the next rule.
  std::optional<std::chrono::milliseconds> next_idle() const;

  /// Prepares the output, and what the head promises, for what rules do with this response. Will less come than its
  /// head promises?
  bool plan_response(http::ResponseFraming& framing, Output& output);
  /// What the response's head says in place of Connection and Keep-Alive, if a rule says so. Asked once, before
  /// plan_response().
  std::optional<std::string> take_announcement();
  /// A rule ends the connection right after the response, and its head may say so.
  bool closes_behind_response();
  /// A response is on its way in whose middle, or right after which, a rule acts.
  bool watches_response() const { return state_ != nullptr && state_->answering; }
  /// A truncation that acted before this response: none of the body is sent.
  bool omits_body() const { return state_->truncate_response; }
  Step truncate(At at, const Settings& settings);
  /// A response has been cut off.
  bool has_truncated() const { return state_ != nullptr && state_->truncated; }
  /// The response is complete. Was it watched?
  bool response_sent(Output& output);

  bool is_slow() const { return state_ != nullptr && state_->pace.has_value(); }
  /// How long `slow` keeps the connection from reading; 0: it may read so many `bytes` now, once.
  std::chrono::milliseconds until_read(Clock::time_point now, std::size_t& bytes);
  /// Allows the output what `slow` lets through, if its interval is over.
  bool allow_more(Clock::time_point now, Output& output);
  /// The interval begins when the piece has been sent: a thread that was held up before that must not send the next one
  /// right after it.
  void piece_sent(Clock::time_point now);
  std::chrono::milliseconds until_write(Clock::time_point now) const;

 private:
  struct Armed {
    std::shared_ptr<BookedRule> booked;
    /// It has had its turn on this request.
    bool done = false;
    bool claimed = false;

    /// False when it has acted elsewhere as often as it may.
    bool claim() { return claimed || (claimed = booked->claim()); }
  };

  struct State {
    std::vector<Armed> armed;
    std::optional<Moment> interrupted;
    CloseMode pending_mode = CloseMode::lingering;
    /// Set by `slow` until the response is complete.
    std::optional<SlowAction> pace;
    Clock::time_point read_after{};
    Clock::time_point write_after{};
    Continue proceed = Continue::ours;
    /// For the next response.
    std::optional<std::string> announcement;
    bool truncate_response = false;
    bool truncated = false;
    bool answering = false;
  };

  void arm(const std::shared_ptr<BookedRule>& booked, const Place& place, std::uint64_t seed);
  bool has(At at) const;
  Armed* due(const Moment& moment);
  /// After what has been sent, or at once.
  Step close(CloseMode mode, At at, const Settings& settings);
  Step close_behind(CloseMode mode, const Settings& settings);
  Step say(const BookedRule& booked, const Moment& moment, const Settings& settings);
  /// A rule's answer ends the connection after it.
  void arm_close(const BookedRule& booked, CloseMode mode);
  void claim_truncations(std::optional<std::uint64_t> length);
  std::optional<std::uint64_t> truncation(std::optional<std::uint64_t> length) const;

  std::uint64_t book_version_ = 0;
  std::unique_ptr<State> state_;
};

/// Does the moment come while, or right after, a response is sent?
bool is_in_response(At at);

}  // namespace closelab::server
