#include "server/lab/about/man_page.h"

#include <fmt/format.h>

#include <vector>

namespace closelab::lab {
namespace {

/// A line of help without its indentation.
struct Line {
  std::size_t depth = 0;
  std::string_view text;
};

std::vector<Line> lines_of(std::string_view help) {
  std::vector<Line> lines;
  while (!help.empty()) {
    const std::string_view line = help.substr(0, help.find('\n'));
    const std::size_t depth = std::min(line.find_first_not_of(' '), line.size());
    lines.push_back({depth, line.substr(depth)});
    help.remove_prefix(std::min(line.size() + 1, help.size()));
  }
  return lines;
}

/// As roff reads it: no hyphen, quote or accent may become another character, and no line a request.
std::string escaped(std::string_view text) {
  std::string out = text.starts_with('.') || text.starts_with('\'') ? "\\&" : "";
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\e";
        break;
      case '-':
        out += "\\-";
        break;
      case '\'':
        out += "\\(aq";
        break;
      case '`':
        out += "\\(ga";
        break;
      case '^':
        out += "\\(ha";
        break;
      case '~':
        out += "\\(ti";
        break;
      default:
        out += c;
    }
  }
  return out;
}

/// Where a term ends and its explanation begins: at two spaces or more.
std::size_t gap(std::string_view text) { return text.find("  "); }

std::string after_gap(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ', gap(text));
  return begin == std::string_view::npos ? "" : escaped(text.substr(begin));
}

/// Writes the body of a section line by line.
class Body {
 public:
  explicit Body(std::string& out) : out_(out) {}

  void add(const Line& line, std::size_t next_depth) {
    if (line.text.empty()) return end_paragraph();
    while (depths_.size() > 1 && line.depth < depths_.back()) leave();
    const bool has_gap = gap(line.text) != std::string_view::npos;
    if (has_gap || next_depth > line.depth) return add_term(line, next_depth);
    if (!in_paragraph_ || line.depth != text_depth_) begin_paragraph(line);
    out_ += escaped(line.text) + '\n';
  }

  void end() {
    while (depths_.size() > 1) leave();
    in_paragraph_ = false;
  }

 private:
  void end_paragraph() { in_paragraph_ = false; }

  void begin_paragraph(const Line& line) {
    // What explains a term belongs to its .TP.
    if (line.depth <= depths_.back()) out_ += ".PP\n";
    in_paragraph_ = true;
    text_depth_ = line.depth;
  }

  void add_term(const Line& line, std::size_t next_depth) {
    if (line.depth > depths_.back()) enter(line.depth);
    out_ += fmt::format(".TP\n\\fB{}\\fR\n", escaped(line.text.substr(0, gap(line.text))));
    const std::string rest = after_gap(line.text);
    in_paragraph_ = true;
    text_depth_ = next_depth;
    if (gap(line.text) == std::string_view::npos) return;
    out_ += rest + '\n' + (next_depth > line.depth ? ".br\n" : "");
  }

  void enter(std::size_t depth) {
    out_ += ".RS\n";
    depths_.push_back(depth);
  }

  void leave() {
    out_ += ".RE\n";
    depths_.pop_back();
  }

  std::string& out_;
  std::vector<std::size_t> depths_{2};
  bool in_paragraph_ = false;
  std::size_t text_depth_ = 0;
};

/// The next line's, when it belongs to the same paragraph.
std::size_t depth_after(const std::vector<Line>& lines, std::size_t i) {
  const bool has_next = i + 1 < lines.size() && !lines[i + 1].text.empty();
  return has_next ? lines[i + 1].depth : 0;
}

}  // namespace

std::string man_page(std::string_view name, std::string_view version, std::string_view help) {
  std::string out = fmt::format(".TH {} 1 \"\" \"{}\"\n", escaped(name), escaped(version));
  Body body(out);
  std::string_view section;
  const std::vector<Line> lines = lines_of(help);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Line& line = lines[i];
    if (line.depth == 0 && !line.text.empty()) {
      body.end();
      section = line.text;
      out += fmt::format(".SH {}\n", escaped(section));
    } else if (line.depth == 1) {
      body.end();
      out += fmt::format(".SS {}\n", escaped(line.text));
    } else if (section == "NAME" && !line.text.empty()) {
      const std::size_t dash = line.text.find(" - ");
      out += fmt::format("{} \\- {}\n", escaped(name), escaped(line.text.substr(dash + 3)));
    } else if (section == "SYNOPSIS" && !line.text.empty()) {
      out += fmt::format("{}\n.br\n", escaped(line.text));
    } else {
      body.add(line, depth_after(lines, i));
    }
  }
  body.end();
  return out;
}

}  // namespace closelab::lab
