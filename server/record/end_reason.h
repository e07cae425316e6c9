#pragma once

#include "closelab/record.h"

namespace closelab::server {

/// Whether the record's close reason says why the connection ended. It is the server's own: where the client closed
/// first, the server may have been about to close, but that is not what ended it.
bool is_reason_for_end(const ConnectionRecord& record);

}  // namespace closelab::server
