#pragma once

#include "closelab/handler.h"

/// Cross-origin requests (the Fetch standard's CORS protocol): a page of any origin may have its browser ask the lab
/// port, and read what it answers.
namespace closelab::lab {

/// A browser asks whether it may send the request that the page wants.
bool is_preflight(const Request& request);

/// The handler, whose responses scripts may read; preflights are answered in its place.
Handler with_cors(Handler handler);
HeadHandler with_cors(HeadHandler handler);

}  // namespace closelab::lab
