#pragma once

#include <string>

#include "server/text/text_layout.h"

namespace closelab::lab {

/// `closelab --help`.
std::string program_help();

/// `closelab serve --help`; the options come from the schema.
std::string serve_help();

/// `closelab watch --help`; the options come from watch_flags().
std::string watch_help(server::Charset charset);

}  // namespace closelab::lab
