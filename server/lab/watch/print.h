#pragma once

#include <cstddef>
#include <limits>
#include <string>

#include "server/lab/watch/snapshot.h"
#include "server/text/text_layout.h"

namespace closelab::lab {

/// How much fits.
struct Room {
  std::size_t rows = std::numeric_limits<std::size_t>::max();
  std::size_t columns = std::numeric_limits<std::size_t>::max();
  server::Charset charset = server::Charset::utf8;
};

/// The counts, then the sockets with netstat's columns, what is left of TIME_WAIT and which end holds it. What does not
/// fit is cut; of sockets it says how many.
std::string watch_text(const Snapshot& snapshot, const Room& room = {});

/// One object, one line. The keys are those of the records and the C++ API; times are milliseconds.
std::string watch_json(const Snapshot& snapshot);

}  // namespace closelab::lab
