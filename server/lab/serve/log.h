#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "closelab/record.h"
#include "closelab/server.h"
#include "server/lab/settings/text_style.h"

namespace closelab::lab {

/// How many connections ended how.
struct Endings {
  /// By Side, then by ClosedBy.
  std::array<std::array<std::uint64_t, 4>, 4> counts{};

  void add(const Verdict& verdict) {
    ++counts[static_cast<std::size_t>(verdict.closed_first)][static_cast<std::size_t>(verdict.closed_by)];
  }
};

struct Listening {
  std::string url;
  Endpoint endpoint;
  int pid = 0;
  /// When it matters, because a rule has a probability.
  std::optional<std::uint64_t> rule_seed{};
  /// Empty without an admin port.
  std::string admin_url{};
  /// Why packets are no witness; empty when they are.
  std::string no_witness{};
};

struct Stopped {
  /// `SIGINT`.
  std::string signal;
  StopReport report{};
  Counts counts{};
  Endings endings{};
};

/// Turns events into the lines that are printed, each with its newline. Pure but for the clock, which says how much of
/// TIME_WAIT is left, and the layout.
class Log {
 public:
  virtual ~Log() = default;
  virtual std::string listening(const Listening& listening) const = 0;
  /// Only what accept() told is set in the connection's record.
  virtual std::string request(const ConnectionRecord& record, const RequestRecord& request) const = 0;
  /// The end has been decided; it may take a while to settle.
  virtual std::string closing(const ConnectionRecord& record, std::chrono::system_clock::time_point at) const = 0;
  virtual std::string settled(const ConnectionRecord& record) const = 0;
  virtual std::string stopped(const Stopped& stopped) const = 0;
  /// Events that were not printed because nobody read the output fast enough.
  virtual std::string dropped(std::uint64_t events) const = 0;
};

/// Asks for the layout before each text: a window may be another size by then.
std::unique_ptr<Log> text_log(std::function<TextLayout()> layout);
std::unique_ptr<Log> json_log();

}  // namespace closelab::lab
