#include "server/lab/experiments/html_timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "server/lab/experiments/html_text.h"

namespace closelab::lab {
namespace {

using server::Rung;
using std::chrono::nanoseconds;

/// As wide as the ladder, with the same letters.
constexpr int timeline_width = 612;
constexpr int plot_start = 56;
/// Behind it is the state in which an end is left.
constexpr int plot_end = 506;
constexpr int letter_width = 8;
constexpr int bar_height = 26;
constexpr int client_top = 8;
constexpr int server_top = 42;
constexpr int axis = 76;
constexpr int height = 104;

struct Slice {
  nanoseconds from{};
  nanoseconds until{};
  TcpState state = TcpState::unknown;
};

nanoseconds end_of(const server::Picture& picture) {
  nanoseconds end{};
  for (const Rung& rung : picture.rungs) end = std::max({end, rung.at, rung.arrived});
  return end;
}

std::vector<Slice> slices_of(const server::Picture& picture, Side side, nanoseconds end) {
  std::vector<Slice> slices;
  for (const Rung& rung : picture.rungs) {
    const TcpState state = side == rung.side ? rung.state : TcpState::unknown;
    if (state == TcpState::unknown) continue;
    if (!slices.empty()) slices.back().until = rung.at;
    slices.push_back({.from = rung.at, .until = end, .state = state});
  }
  return slices;
}

double x_of(nanoseconds time, nanoseconds end) {
  return plot_start + (plot_end - plot_start) * (static_cast<double>(time.count()) / static_cast<double>(end.count()));
}

std::string bar(double from, double until, int top, TcpState state, const std::string& hint) {
  std::string text =
      fmt::format("<g><title>{}</title><rect class=\"{}\" x=\"{:.2f}\" y=\"{}\" width=\"{:.2f}\" height=\"{}\"/>",
                  escaped(hint), to_string(state), from, top, until - from, bar_height);
  if (static_cast<int>(until - from) >= letter_width * static_cast<int>(to_string(state).size()))
    text += fmt::format("<text class=\"middle\" x=\"{:.2f}\" y=\"{}\">{}</text>", (from + until) / 2,
                        top + bar_height / 2 + 4, to_string(state));
  return text + "</g>\n";
}

std::string hint_of(Side side, const Slice& slice) {
  return fmt::format("{}: {} from {} to {} ms", to_string(side), to_string(slice.state), milliseconds_text(slice.from),
                     milliseconds_text(slice.until));
}

std::string lane(Side side, const std::vector<Slice>& slices, nanoseconds end) {
  constexpr int gap = 6;
  const int top = side == Side::client ? client_top : server_top;
  std::string text = fmt::format("<text class=\"left name\" x=\"{}\" y=\"{}\">{}</text>\n", plot_start - gap,
                                 top + bar_height / 2 + 4, to_string(side));
  for (const Slice& slice : slices)
    text += bar(x_of(slice.from, end), x_of(slice.until, end), top, slice.state, hint_of(side, slice));
  if (!slices.empty())
    text += bar(plot_end + gap, timeline_width, top, slices.back().state,
                fmt::format("{}: left in {}", to_string(side), to_string(slices.back().state)));
  return text;
}

/// A distance between marks that reads well: 1, 2 or 5 times a power of ten, for at most 6 of them.
double tick_distance(double whole) {
  const double least = whole / 6;
  const double power = std::pow(10, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= least) return factor * power;
  return 10 * power;
}

std::string ticks(nanoseconds end) {
  const double whole = std::chrono::duration<double, std::milli>(end).count();
  const double distance = tick_distance(whole);
  std::string text =
      fmt::format("<line class=\"axis\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>\n", plot_start, axis, plot_end, axis);
  // The end of the axis belongs to the word there.
  constexpr double room = 0.93;
  for (int i = 0; i * distance <= whole * room; ++i) {
    const double x = plot_start + (plot_end - plot_start) * (i * distance / whole);
    text +=
        fmt::format("<line class=\"axis\" x1=\"{0:.2f}\" y1=\"{1}\" x2=\"{0:.2f}\" y2=\"{2}\"/>", x, axis, axis + 5);
    text += fmt::format("<text class=\"middle quiet\" x=\"{:.2f}\" y=\"{}\">{:g}{}</text>\n", x, axis + 20,
                        i * distance, i == 0 ? " ms" : "");
  }
  return text + fmt::format("<text class=\"middle quiet\" x=\"{}\" y=\"{}\">in the end</text>\n",
                            (plot_end + timeline_width) / 2, axis + 20);
}

std::string description(const std::vector<Slice>& client, const std::vector<Slice>& server) {
  std::string text;
  for (const Slice& slice : client) text += hint_of(Side::client, slice) + ".\n";
  for (const Slice& slice : server) text += hint_of(Side::server, slice) + ".\n";
  return text;
}

}  // namespace

std::string timeline_svg(const server::Picture& picture, std::string_view id) {
  const nanoseconds end = end_of(picture);
  const std::vector<Slice> client = slices_of(picture, Side::client, end);
  const std::vector<Slice> server = slices_of(picture, Side::server, end);
  if (end.count() == 0 || (client.empty() && server.empty())) return "";
  return fmt::format(
             "<svg class=\"timeline\" role=\"img\" viewBox=\"0 0 {} {}\" aria-labelledby=\"{}-title\" "
             "aria-describedby=\"{}-desc\">\n<title id=\"{}-title\">TCP states over time</title>\n"
             "<desc id=\"{}-desc\">{}</desc>\n",
             timeline_width, height, id, id, id, id, escaped(description(client, server))) +
         lane(Side::client, client, end) + lane(Side::server, server, end) + ticks(end) + "</svg>\n";
}

}  // namespace closelab::lab
