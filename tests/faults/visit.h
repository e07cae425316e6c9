#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "closelab/endpoint.h"
#include "closelab/server.h"
#include "tests/faults/cell.h"
#include "tests/faults/outcome.h"
#include "tests/kernel/client.h"

namespace closelab::faults {

using WallClock = std::chrono::system_clock;

/// Waits until `condition` holds; false when that takes too long.
bool eventually(const std::function<bool()>& condition);

/// One field's client: sends a request, takes the response, sends another request, takes that response, closes; or does
/// as much of it as it is let.
class Visit {
 public:
  Visit(Cell cell, Server& server, std::uint64_t connection);

  void send_first_request() const;
  void run();

  const Cell& cell() const { return cell_; }
  std::uint64_t connection() const { return connection_; }
  const Endpoint& local() const { return local_; }
  bool rule_has_fired() const;

  // After run().
  const std::string& received() const { return received_; }
  Saw saw() const { return saw_; }
  WallClock::time_point ended_at() const { return ended_at_; }

 private:
  bool receive(std::size_t bytes);
  void await_close() const;

  Cell cell_;
  Server& server_;
  std::uint64_t connection_;
  kernel_test::Client client_;
  Endpoint local_;
  std::string received_;
  bool over_ = false;
  Saw saw_ = Saw::own_fin;
  WallClock::time_point ended_at_;
};

}  // namespace closelab::faults
