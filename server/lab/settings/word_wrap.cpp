#include "server/lab/settings/word_wrap.h"

#include <algorithm>

namespace closelab::lab {

std::string wrap(std::string_view text, std::string_view prefix, std::size_t columns) {
  std::string out;
  while (!text.empty()) {
    const std::size_t room = columns - std::min(columns, prefix.size());
    std::size_t length = text.size();
    if (length > room) {
      length = text.rfind(' ', room);
      if (length == std::string_view::npos) length = std::min(text.find(' '), text.size());
    }
    out.append(prefix).append(text.substr(0, length)).push_back('\n');
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  return out;
}

}  // namespace closelab::lab
