#pragma once

#include <string>

namespace closelab::lab {

/// `closelab --help`.
std::string program_help();

/// `closelab serve --help`; the options come from the schema.
std::string serve_help();

/// `closelab 0.1.0`.
std::string version_text();

}  // namespace closelab::lab
