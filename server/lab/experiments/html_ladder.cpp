#include "server/lab/experiments/html_ladder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>
#include <vector>

#include "server/lab/experiments/html_text.h"

namespace closelab::lab {
namespace {

using net::Transit;
using server::Rung;

/// Columns, in units of a text of 12, whose fixed-width letters take 7.2 each: times, the client's states, the arrows
/// and calls, the server's states. Narrow, for the sake of phones.
constexpr int width = 612;
constexpr int times_end = 64;
constexpr int client_lane = 166;
constexpr int server_lane = 500;
constexpr int lane_width = 12;
constexpr int gap = 8;
constexpr std::size_t longest_text = 42;
constexpr int row_height = 25;
constexpr int head_height = 48;
/// From a row's middle up to the foot of a label that stands on an arrow, and down to that of a text beside a lane.
constexpr int label_lift = 5;
constexpr int note_drop = 4;

/// A longer ladder is drawn without its middle.
constexpr std::size_t longest = 160;
constexpr std::size_t first_drawn = 90;
constexpr std::size_t last_drawn = 60;

/// A row: something begins, a segment arrives, or here the middle is missing.
struct Row {
  enum class Kind : std::uint8_t { begins, arrives, missing };
  std::chrono::nanoseconds at{};
  Kind kind = Kind::begins;
  std::size_t rung = 0;
};

class Ladder {
 public:
  Ladder(const server::Picture& picture, std::string_view id) : picture_(picture), id_(id) { lay_out(); }

  std::string svg() const;

 private:
  const Rung& rung(const Row& moment) const { return picture_.rungs[moment.rung]; }
  static int y(std::size_t row) { return head_height + static_cast<int>(row) * row_height + row_height / 2; }
  int bottom() const { return head_height + static_cast<int>(moments_.size()) * row_height; }

  void lay_out();
  std::size_t arrival_row(std::size_t row) const;
  std::string description() const;
  std::string head() const;
  std::string lane(Side side) const;
  std::string row(std::size_t index) const;
  std::string segment(std::size_t index) const;

  const server::Picture& picture_;
  const std::string_view id_;
  std::vector<Row> moments_;
  /// Rungs [first, second) are not drawn.
  std::pair<std::size_t, std::size_t> missing_;
};

/// Where arrows begin and end.
int edge(Side side) { return side == Side::client ? client_lane + lane_width + 1 : server_lane - 1; }

Side other(Side side) { return side == Side::client ? Side::server : Side::client; }

TcpState state_of(const Rung& rung, Side side) { return side == rung.side ? rung.state : TcpState::unknown; }

std::string_view kind_of(const Rung& rung) {
  if (rung.transit == Transit::lost) return "lost";
  return to_string(rung.kind);
}

bool arrives_later(const Rung& rung) {
  return travels(rung.kind) && rung.transit == Transit::delivered && rung.arrived > rung.at;
}

std::string text_at(int x, int y, std::string_view kind, std::string_view text) {
  return fmt::format("<text x=\"{}\" y=\"{}\" class=\"{}\">{}</text>\n", x, y, kind, escaped(text));
}

/// What an end is in stands outside of its lane, what it does inside, where arrows come by.
std::string state_note(Side side, int y, TcpState state) {
  const bool client = side == Side::client;
  return text_at(client ? client_lane - gap : server_lane + lane_width + gap, y + note_drop,
                 client ? "state left" : "state right", to_string(state));
}

std::string call_note(Side side, int y, std::string_view text) {
  const bool client = side == Side::client;
  return text_at(client ? edge(side) + gap : edge(side) - gap, y + note_drop, client ? "call right" : "call left",
                 shortened(text, longest_text));
}

struct Point {
  int x;
  int y;
};

std::string arrow(Point from, Point to) {
  const double angle = std::atan2(to.y - from.y, to.x - from.x) * 180 / std::numbers::pi;
  return fmt::format(
      "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>"
      "<path d=\"M0 0L-9 -4L-9 4z\" transform=\"translate({} {}) rotate({:.1f})\"/>",
      from.x, from.y, to.x, to.y, to.x, to.y, angle);
}

/// It leaves, and gets half way.
std::string lost_arrow(Point from, int x_end) {
  const int x = (from.x + x_end) / 2;
  return fmt::format(
      "<line x1=\"{0}\" y1=\"{2}\" x2=\"{1}\" y2=\"{2}\"/>"
      "<path d=\"M-5 -5L5 5M-5 5L5 -5\" class=\"cross\" transform=\"translate({1} {2})\"/>",
      from.x, x, from.y);
}

void Ladder::lay_out() {
  const std::size_t size = picture_.rungs.size();
  missing_ = size > longest ? std::pair{first_drawn, size - last_drawn} : std::pair{size, size};
  for (std::size_t i = 0; i < size; ++i) {
    const Rung& one = picture_.rungs[i];
    if (i == missing_.first) moments_.push_back({.at = one.at, .kind = Row::Kind::missing, .rung = i});
    if (i >= missing_.first && i < missing_.second) continue;
    moments_.push_back({.at = one.at, .rung = i});
    if (arrives_later(one)) moments_.push_back({.at = one.arrived, .kind = Row::Kind::arrives, .rung = i});
  }
  std::ranges::stable_sort(moments_, {}, &Row::at);
}

std::size_t Ladder::arrival_row(std::size_t row) const {
  const auto arrives = [&](const Row& moment) {
    return moment.kind == Row::Kind::arrives && moment.rung == moments_[row].rung;
  };
  const auto found = std::ranges::find_if(moments_, arrives);
  return found == moments_.end() ? row : static_cast<std::size_t>(found - moments_.begin());
}

/// The ladder in words, for who can't see it.
std::string Ladder::description() const {
  std::string text;
  for (const Row& moment : moments_) {
    if (moment.kind != Row::Kind::begins) continue;
    const Rung& one = rung(moment);
    text += milliseconds_text(one.at) + " ms:";
    if (travels(one.kind))
      text += fmt::format(" {} sends {}{}", to_string(one.side), one.text,
                          one.transit == Transit::lost ? ", which is lost" : "");
    if (one.kind == server::RungKind::call) text += fmt::format(" {}: {}", to_string(one.side), one.text);
    for (const Side side : {Side::client, Side::server})
      if (state_of(one, side) != TcpState::unknown)
        text += fmt::format(" {} is in {}", to_string(side), to_string(state_of(one, side)));
    text += ".\n";
  }
  return text;
}

std::string Ladder::head() const {
  constexpr int line = 16;
  return text_at(0, line, "name right", "client " + to_string(picture_.client)) +
         text_at(width, line, "name left", "server " + to_string(picture_.server)) +
         text_at(times_end, head_height - gap, "left quiet", "ms");
}

/// The states of one end, from top to bottom.
std::string Ladder::lane(Side side) const {
  const int x = side == Side::client ? client_lane : server_lane;
  std::string bars = fmt::format("<line class=\"lane\" x1=\"{0}\" y1=\"{1}\" x2=\"{0}\" y2=\"{2}\"/>\n",
                                 x + lane_width / 2, head_height - gap, bottom());
  TcpState state = TcpState::unknown;
  int since = head_height;
  const auto end_bar = [&](int until) {
    if (state != TcpState::unknown && until > since)
      bars += fmt::format("<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>\n", to_string(state), x,
                          since, lane_width, until - since);
    since = until;
  };
  std::size_t seen = 0;
  for (std::size_t row = 0; row < moments_.size(); ++row) {
    const bool missing = moments_[row].kind == Row::Kind::missing;
    const std::size_t until = missing ? missing_.second : moments_[row].rung + 1;
    if (moments_[row].kind == Row::Kind::arrives) continue;
    for (; seen < until; ++seen) {
      const TcpState next = state_of(picture_.rungs[seen], side);
      if (next == TcpState::unknown) continue;
      end_bar(y(row) - row_height / 2);
      state = next;
    }
  }
  end_bar(bottom());
  return bars;
}

std::string Ladder::segment(std::size_t index) const {
  const Rung& one = rung(moments_[index]);
  const Point from{edge(one.side), y(index)};
  const Point to{edge(other(one.side)), y(arrival_row(index))};
  const Point middle{(from.x + to.x) / 2, from.y};
  const bool repeated = one.transit == Transit::repeated;
  const Point start = repeated ? middle : from;
  const bool to_right = one.side == Side::client;
  return fmt::format("<g class=\"{}{}\">{}", kind_of(one), repeated ? " repeated" : "",
                     one.transit == Transit::lost ? lost_arrow(from, to.x) : arrow(start, to)) +
         text_at(start.x + (to_right ? gap : -gap), from.y - label_lift, to_right ? "sent right" : "sent left",
                 shortened(one.text, longest_text)) +
         "</g>\n";
}

std::string Ladder::row(std::size_t index) const {
  const Row& moment = moments_[index];
  if (moment.kind == Row::Kind::missing)
    return text_at((client_lane + server_lane + lane_width) / 2, y(index) + note_drop, "middle quiet",
                   fmt::format("{} steps are not drawn", missing_.second - missing_.first));
  const Rung& one = rung(moment);
  std::string text = text_at(times_end, y(index) + note_drop, "left quiet", milliseconds_text(moment.at));
  if (moment.kind == Row::Kind::arrives) return text;
  if (travels(one.kind)) return text + segment(index);
  if (one.kind == server::RungKind::call) return text + call_note(one.side, y(index), one.text);
  for (const Side side : {Side::client, Side::server})
    if (const TcpState state = state_of(one, side); state != TcpState::unknown)
      text += state_note(side, y(index), state);
  return text;
}

std::string Ladder::svg() const {
  std::string text = fmt::format(
      "<svg class=\"ladder\" role=\"img\" viewBox=\"0 0 {} {}\" aria-labelledby=\"{}-title\" "
      "aria-describedby=\"{}-desc\">\n<title id=\"{}-title\">Ladder of {} and {}</title>\n<desc id=\"{}-desc\">{}"
      "</desc>\n",
      width, bottom() + gap, id_, id_, id_, escaped(to_string(picture_.client)), escaped(to_string(picture_.server)),
      id_, escaped(description()));
  text += head() + lane(Side::client) + lane(Side::server);
  for (std::size_t i = 0; i < moments_.size(); ++i) text += row(i);
  return text + "</svg>\n";
}

}  // namespace

std::string ladder_svg(const server::Picture& picture, std::string_view id) {
  return picture.rungs.empty() ? "" : Ladder(picture, id).svg();
}

}  // namespace closelab::lab
