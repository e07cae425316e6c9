#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "closelab/record.h"
#include "net/kernel/observer.h"
#include "net/kernel/process.h"
#include "server/record/recorder.h"

namespace closelab::server {

/// Asks the kernel about the ends of connections when somebody wants to know, on his thread.
class Looks {
 public:
  Looks(Recorder& recorder, net::Observer& observer) : recorder_(recorder), observer_(observer) {}

  /// Whoever asks for a connection is told of it as it is now: of an open one, the states of its ends; of a settled
  /// one, its TIME_WAIT.
  void look_again(ConnectionRecord& record);
  /// Connections whose client has left its end open although our FIN has been out for so long, by id.
  std::vector<ConnectionRecord> leaked(std::chrono::milliseconds open_for);
  /// The first of them, or the next.
  std::optional<ConnectionRecord> wait_leaked(std::chrono::milliseconds open_for, std::chrono::milliseconds timeout);

 private:
  void look_at_ends(ConnectionRecord& record);
  bool is_leaked(ConnectionRecord& record);
  void name_client(ConnectionRecord& record, const net::SocketInfo& socket);

  Recorder& recorder_;
  net::Observer& observer_;
  net::SocketOwners owners_;
};

}  // namespace closelab::server
