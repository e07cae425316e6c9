#include "net/memory/insist.h"
#include "server/connection/connection.h"

namespace closelab::server {

/// Wherever it stopped: each step here may have been done before, and be done again.
void Connection::out_of_memory() {
  input_ = {};
  if (exchange_ != nullptr) exchange_->spoiled = true;
  host_.memory_reserve().release();
  net::insist([this] {
    const bool begun = end_.has_begun();
    if (end_.is_over()) return after_teardown_step();
    if (begun) end_.teardown().set_mode(CloseMode::abortive);
    const bool decided = state_.stage == Stage::ending;
    take(Event::close, {.mode = CloseMode::abortive, .reason = decided ? end_.reason() : CloseReason::out_of_memory});
    proceed();
  });
  host_.memory_reserve().refill();
}

}  // namespace closelab::server
