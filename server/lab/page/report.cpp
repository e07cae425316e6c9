#include "server/lab/page/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <random>

#include "server/lab/page/embedded_file.h"
#include "server/lab/page/markup_text.h"

namespace closelab::lab {

/// In the order in which one uses the other.
extern const std::vector<EmbeddedFile> report_viewer;

namespace {

/// Modules can't be loaded from a file (the origin of `file:` is opaque), so that they are joined to one script, whose
/// imports and exports go.
std::string as_script(std::string_view module) {
  std::string script;
  while (!module.empty()) {
    std::string_view line = module.substr(0, module.find('\n'));
    module.remove_prefix(std::min(line.size() + 1, module.size()));
    if (line.starts_with("import ")) continue;
    if (line.starts_with("export ")) line.remove_prefix(7);
    script.append(line) += '\n';
  }
  return script;
}

/// What holds anything but `</script>` and `<!--` can stand in a script element (HTML, section 4.12.1.3): in JSON, `<`
/// stands only inside of strings, where an escape says the same.
std::string as_data(std::string_view json) {
  std::string data;
  for (const char c : json) c == '<' ? data += "\\u003c" : data += c;
  return data;
}

/// Names the one script that may run.
std::string nonce() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

std::string joined(std::string_view ending, std::string (*convert)(std::string_view)) {
  std::string text;
  for (const EmbeddedFile& file : report_viewer)
    if (file.name.ends_with(ending)) text += convert(file.content);
  return text;
}

/// The template with what stands for its words in capitals between `@`.
std::string filled(std::string_view text, const std::map<std::string_view, std::string>& values) {
  std::string page;
  while (true) {
    const std::size_t begin = text.find('@');
    const std::size_t end = begin == std::string_view::npos ? begin : text.find('@', begin + 1);
    if (end == std::string_view::npos) return page.append(text);
    page.append(text.substr(0, begin)).append(values.at(text.substr(begin + 1, end - begin - 1)));
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::string report_page(std::string_view title, std::string_view json) {
  const auto& page = *std::ranges::find(report_viewer, "report.html", &EmbeddedFile::name);
  return filled(page.content, {{"TITLE", markup_text(title)},
                               {"NONCE", nonce()},
                               {"STYLE", joined(".css", [](std::string_view text) { return std::string(text); })},
                               {"DATA", as_data(json)},
                               {"SCRIPT", joined(".js", as_script)}});
}

}  // namespace closelab::lab
