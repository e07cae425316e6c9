#include "server/lab/settings/output_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "net/capture/pcapng.h"
#include "server/lab/settings/usage_error.h"

namespace closelab::lab {

OutputFile::OutputFile(std::string file) : file_(std::move(file)) {
  if (file_.empty()) return;
  try {
    fd_ = capture::open_private_file(file_);
  } catch (const std::system_error& error) {
    const bool is_link = error.code().value() == ELOOP;
    throw UsageError(
        fmt::format("{}: {}", file_, is_link ? "a symbolic link, which is not followed" : error.code().message()));
  }
}

void OutputFile::write(std::string_view text) { capture::write_private_file(fd_, file_, text); }

}  // namespace closelab::lab
