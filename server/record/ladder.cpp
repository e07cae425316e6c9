#include "server/record/ladder.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

namespace closelab::server {
namespace {

using std::chrono::nanoseconds;

/// More between the lifelines makes arrows that the eye loses.
constexpr std::size_t widest_inner = 76;
constexpr std::size_t shortest_time = 7;
/// `sock_diag`.
constexpr std::size_t source_width = 9;
/// In fewer columns, how a step is known has none of its own.
constexpr std::size_t columns_for_sources = 60;
/// An arrow's: two dashes, a space on either side of the label, three dashes and the head.
constexpr std::size_t arrow_around_label = 8;
/// A label that takes more lines is cut: a target has up to 128 bytes, each as long as `\x1b` when printed.
constexpr std::size_t most_lines = 3;

std::string milliseconds_text(nanoseconds time) {
  std::array<char, 32> text{};
  const double count = std::chrono::duration<double, std::milli>(time).count();
  const int size = std::snprintf(text.data(), text.size(), "%.3f", count);
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string result;
  for (std::size_t i = 0; i < times; ++i) result += text;
  return result;
}

std::string spaces(std::size_t count) { return std::string(count, ' '); }

std::string right_aligned(const std::string& text, std::size_t width) {
  return spaces(width - std::min(width, text.size())) + text;
}

/// Where a line ends: at the last space that fits, or within a word that is too long for any.
std::size_t line_length(std::string_view text, std::size_t width) {
  if (text.size() <= width) return text.size();
  const std::size_t space = text.rfind(' ', width);
  return space == std::string_view::npos || space < width / 2 ? width : space;
}

/// The text in lines of at most `width`, and in not too many of them; there is always a first.
std::vector<std::string> in_lines(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  do {
    const std::size_t length = line_length(text, width);
    lines.emplace_back(text.substr(0, length));
    text.remove_prefix(length);
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    if (lines.size() == most_lines && !text.empty()) {
      lines.back().resize(std::min(lines.back().size(), width - 3));
      lines.back() += "...";
      text = {};
    }
  } while (!text.empty());
  return lines;
}

/// All as wide as the widest, so that they are flush left wherever they stand.
std::vector<std::string> as_block(std::vector<std::string> lines) {
  std::size_t widest = 0;
  for (const std::string& line : lines) widest = std::max(widest, line.size());
  for (std::string& line : lines) line.resize(widest, ' ');
  return lines;
}

const char* color_of(const Rung& rung) {
  if (rung.transit == net::Transit::lost) return "90";
  switch (rung.kind) {
    case RungKind::syn:
      return "32";
    case RungKind::fin:
      return "33";
    case RungKind::rst:
      return "31";
    case RungKind::rule:
      return "35";
    case RungKind::state:
      return rung.state == TcpState::time_wait ? "36" : nullptr;
    default:
      return nullptr;
  }
}

/// When it arrived, where that is another moment than that of leaving.
std::string arrival(const Rung& rung) {
  if (rung.transit == net::Transit::lost) return "lost";
  return rung.transit == net::Transit::delivered ? "arrives " + milliseconds_text(rung.arrived) : "";
}

Side other(Side side) { return side == Side::client ? Side::server : Side::client; }

/// Both ends in one look.
bool share_a_line(const Rung& first, const Rung& second) {
  return first.kind == RungKind::state && second.kind == RungKind::state && first.at == second.at &&
         first.side != second.side && first.source == second.source && !first.until && !second.until;
}

class Ladder {
 public:
  Ladder(const Picture& picture, const TextLayout& layout) : picture_(picture), layout_(layout) { measure(); }

  std::string text() const {
    std::string out = header();
    const std::vector<Rung>& rungs = picture_.rungs;
    for (std::size_t i = 0; i < rungs.size(); ++i) {
      const bool pair = i + 1 < rungs.size() && share_a_line(rungs[i], rungs[i + 1]);
      if (pair && rungs[i].text.size() + rungs[i + 1].text.size() + 4 <= inner_)
        out += states(rungs[i], rungs[i + 1]), ++i;
      else
        out += travels(rungs[i].kind) ? arrow(rungs[i]) : note(rungs[i]);
    }
    return out;
  }

 private:
  void measure() {
    const std::size_t columns = std::max(layout_.columns, TextLayout::fewest_columns);
    gap_ = columns < columns_for_sources ? 1 : 2;
    for (const Rung& rung : picture_.rungs) time_ = std::max(time_, milliseconds_text(rung.at).size());
    shows_sources_ = columns >= columns_for_sources &&
                     std::ranges::any_of(picture_.rungs, [](const Rung& rung) { return rung.source.has_value(); });
    const std::size_t around = time_ + gap_ + 2 + (shows_sources_ ? gap_ + source_width : 0);
    inner_ = std::min(widest_inner, columns - std::min(around, columns - 2 * arrow_around_label));
  }

  std::string painted(const Rung& rung, const std::string& text) const {
    const char* const color = color_of(rung);
    if (layout_.style == TextStyle::plain || color == nullptr) return text;
    return "\x1b[" + std::string(color) + 'm' + text + "\x1b[0m";
  }

  std::string_view glyph(std::string_view utf8, std::string_view ascii) const {
    return layout_.charset == Charset::utf8 ? utf8 : ascii;
  }

  std::string dashes(std::size_t count) const { return repeated(glyph("─", "-"), count); }

  std::string line(std::string_view time, const std::string& inner, std::string_view source) const {
    const std::string lifeline(glyph("│", "|"));
    std::string text = right_aligned(std::string(time), time_) + spaces(gap_) + lifeline + inner + lifeline;
    if (shows_sources_ && !source.empty()) text += spaces(gap_) + std::string(source);
    return text + '\n';
  }

  std::string first_line(const Rung& rung, const std::string& inner) const {
    return line(milliseconds_text(rung.at), inner, rung.source ? to_string(*rung.source) : "");
  }

  /// What stands at an end, between the lifelines.
  std::string beside(Side side, const std::string& text) const {
    const std::string space = spaces(inner_ - std::min(inner_, text.size() + 2));
    return side == Side::client ? ' ' + text + ' ' + space : space + ' ' + text + ' ';
  }

  std::string label(const Rung& rung) const {
    std::string text = rung.text;
    if (rung.until) text += (travels(rung.kind) ? ", until " : ", still at ") + milliseconds_text(*rung.until);
    if (rung.source == Source::inferred && !shows_sources_) text += " (inferred)";
    return text;
  }

  std::string note(const Rung& rung) const {
    std::string out;
    for (const std::string& text : as_block(in_lines(label(rung), inner_ - 2))) {
      const std::string inner = painted(rung, beside(rung.side, text));
      out += out.empty() ? first_line(rung, inner) : line("", inner, "");
    }
    return out;
  }

  std::string states(const Rung& first, const Rung& second) const {
    const bool in_order = first.side == Side::client;
    const Rung& left = in_order ? first : second;
    const Rung& right = in_order ? second : first;
    const std::string space = spaces(inner_ - left.text.size() - right.text.size() - 2);
    return first_line(first, painted(left, ' ' + left.text) + space + painted(right, right.text + ' '));
  }

  /// A lost segment gets only half way.
  std::string shaft(const Rung& rung, std::size_t width) const {
    if (rung.transit != net::Transit::lost) return dashes(width);
    const std::size_t half = width / 2;
    return rung.side == Side::client ? dashes(half) + 'X' + spaces(width - half - 1)
                                     : spaces(width - half - 1) + 'X' + dashes(half);
  }

  /// `── FIN, ACK ──── arrives 51.000 ─>`, from the side that sends; a repeated segment comes out of nowhere.
  std::string drawn(const Rung& rung, const std::string& label, const std::string& arrives) const {
    const bool to_right = rung.side == Side::client;
    const bool lost = rung.transit == net::Transit::lost;
    const std::string tail = rung.transit == net::Transit::repeated ? repeated(glyph("·", "."), 2) : dashes(2);
    std::string head = to_right ? ">" : "<";
    if (lost) head = arrives.empty() ? " " : (to_right ? ' ' + arrives + ' ' : ' ' + arrives + ' ');
    if (!lost && !arrives.empty())
      head = to_right ? ' ' + arrives + ' ' + dashes(1) + '>' : '<' + dashes(1) + ' ' + arrives + ' ';
    const std::size_t head_width = arrives.empty() ? 1 : arrives.size() + (lost ? 2 : 4);
    const std::string middle = shaft(rung, inner_ - 4 - label.size() - head_width);
    return to_right ? tail + ' ' + label + ' ' + middle + head : head + middle + ' ' + label + ' ' + tail;
  }

  std::string arrow(const Rung& rung) const {
    const std::vector<std::string> lines = in_lines(label(rung), inner_ - arrow_around_label);
    const std::string arrives = arrival(rung);
    const bool fits = lines.front().size() + arrow_around_label + arrives.size() + 4 <= inner_;
    std::string out = first_line(rung, painted(rung, drawn(rung, lines.front(), fits ? arrives : "")));
    for (std::size_t i = 1; i < lines.size(); ++i)
      out +=
          line("", painted(rung, beside(rung.side, rung.side == Side::client ? "  " + lines[i] : lines[i] + "  ")), "");
    if (!fits && !arrives.empty()) out += line("", painted(rung, beside(other(rung.side), arrives)), "");
    return out;
  }

  std::string header() const {
    const std::string client = "client " + to_string(picture_.client);
    const std::string server = "server " + to_string(picture_.server);
    const std::string known_by = shows_sources_ ? spaces(gap_) + "known by\n" : "\n";
    const std::string left = right_aligned("ms", time_) + spaces(gap_);
    const std::size_t width = inner_ + 2;
    if (client.size() + server.size() < width)
      return left + client + spaces(width - client.size() - server.size()) + server + known_by;
    // Two long IPv6 endpoints need a line each.
    return spaces(left.size()) + client + '\n' + left + right_aligned(server, width) + known_by;
  }

  const Picture& picture_;
  const TextLayout& layout_;
  std::size_t gap_ = 2;
  std::size_t time_ = shortest_time;
  std::size_t inner_ = widest_inner;
  bool shows_sources_ = false;
};

}  // namespace

std::string ladder(const Picture& picture, const TextLayout& layout) {
  return picture.rungs.empty() ? "" : Ladder(picture, layout).text();
}

}  // namespace closelab::server
