#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// The plan of a scenario: what the client does, one step at a time, and what the audit does in between.
namespace closelab::lab {

enum class StepKind : std::uint8_t {
  // The client's, as the driver reads them.
  get,
  head,
  post,
  put,
  delete_resource,
  get_follow,  ///< GET that follows a redirect
  get_close,   ///< GET with `Connection: close`
  get_unread,  ///< GET whose caller drops the body unread
  upload,      ///< POST of so many bytes
  upload_cut,  ///< the same, but the caller's source fails half-way
  expect,      ///< POST with `Expect: 100-continue`
  burst,       ///< so many GETs at once
  cancel,      ///< GET that the caller gives up after so many ms
  // The audit's own.
  sleep,
  fill,          ///< connects to the server until its listen queue is full
  await_rule,    ///< until a rule has acted
  await_closed,  ///< until a connection has ended at both sides, or the time is over
  look,          ///< asks the kernel for the client's sockets
  exit,          ///< ends the client
};

struct PlanStep {
  StepKind kind = StepKind::get;
  unsigned line = 0;
  /// What a client's step asks for.
  std::string path{};
  /// Bytes of an upload, requests of a burst, milliseconds of a cancel.
  std::uint64_t number = 0;
  /// How long a step of the audit's own takes.
  std::chrono::milliseconds duration{0};
};

/// Whether the client takes it; else the audit does.
bool is_clients(StepKind kind);

/// `GET`, `UP`, `SLEEP`: as plans and drivers write it.
std::string_view to_string(StepKind kind);

struct PlanError {
  unsigned line = 0;
  std::string what{};
};

struct ParsedPlan {
  std::vector<PlanStep> steps{};
  std::vector<PlanError> errors{};
};

/// Reads a plan, one step a line: `GET /bytes/10`, `UP /echo 100000`, `SLEEP 200ms`. `first` is the number of its first
/// line, for what is wrong.
ParsedPlan parse_plan(std::string_view text, unsigned first);

}  // namespace closelab::lab
