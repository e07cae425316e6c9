#include "server/lab/settings/output_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "server/lab/settings/usage_error.h"

namespace closelab::lab {

OutputFile::OutputFile(std::string file) : file_(std::move(file)) {
  if (file_.empty()) return;
  stream_.open(file_);
  if (!stream_) throw UsageError(fmt::format("{}: {}", file_, std::strerror(errno)));
}

void OutputFile::write(std::string_view text) {
  stream_ << text << std::flush;
  if (!stream_) throw std::runtime_error(fmt::format("{}: {}", file_, std::strerror(errno)));
}

}  // namespace closelab::lab
