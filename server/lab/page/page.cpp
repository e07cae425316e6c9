#include "server/lab/page/page.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace closelab::lab {

extern const std::vector<EmbeddedFile> live_page;

const std::vector<EmbeddedFile>& page_files() { return live_page; }

std::string_view content_type_of(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  return "text/javascript; charset=utf-8";
}

std::string page_policy(const std::vector<std::string>& lab_origins) {
  return fmt::format(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self' {}; base-uri 'none'; "
      "form-action 'none'; frame-ancestors 'none'",
      fmt::join(lab_origins, " "));
}

}  // namespace closelab::lab
