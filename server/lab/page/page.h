#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/lab/page/embedded_file.h"

/// The live page: what a browser is given at the admin port. Its files are in assets/.
namespace closelab::lab {

/// index.html, its style sheet and its modules.
const std::vector<EmbeddedFile>& page_files();

/// From the ending of a file's name: `text/css; charset=utf-8`.
std::string_view content_type_of(std::string_view name);

/// The policy (CSP, level 3) under which a browser runs the page: scripts and styles are its own files, nothing is
/// inline, and it talks to the admin port that served it and to the origins of the lab's port.
std::string page_policy(const std::vector<std::string>& lab_origins);

}  // namespace closelab::lab
