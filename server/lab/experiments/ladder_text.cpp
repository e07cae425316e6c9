#include "server/lab/experiments/ladder_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace closelab::lab {
namespace {

using testbed::Rung;
using testbed::Transit;

/// Columns of each end's notes, and of the arrows between them.
constexpr std::size_t notes = 25;
constexpr std::size_t arrows = 36;
constexpr std::string_view margin = "   ";

std::string repeated(std::string_view text, std::size_t times) {
  std::string result;
  for (std::size_t i = 0; i < times; ++i) result += text;
  return result;
}

std::string ms_text(std::chrono::nanoseconds time) {
  return fmt::format("{:.3f}", std::chrono::duration<double, std::milli>(time).count());
}

std::string painted(std::string text, const char* color, TextStyle paint) {
  if (paint == TextStyle::plain || color == nullptr) return text;
  return fmt::format("\x1b[{}m{}\x1b[0m", color, text);
}

const char* color_of(const Rung& rung) {
  if (rung.transit == Transit::lost) return "90";
  if (rung.text.find("RST") != std::string::npos) return "31";
  if (rung.text.find("FIN") != std::string::npos) return "33";
  return rung.text.find("SYN") != std::string::npos ? "32" : nullptr;
}

/// `── FIN, ACK ─────>`; a lost segment gets only half way, a repeated one comes out of nowhere.
std::string arrow(const Rung& rung, TextStyle paint) {
  const bool to_right = rung.side == Side::client;
  std::string_view head = to_right ? ">" : "<";
  std::string label = ' ' + rung.text.substr(0, arrows - 6) + ' ';
  const std::size_t line = arrows - 3 - std::min(label.size(), arrows - 3);
  std::string dashes = repeated("─", line);
  if (rung.transit == Transit::lost) {
    dashes = to_right ? repeated("─", line / 2) + "X" + repeated(" ", line - line / 2 - 1)
                      : repeated(" ", line - line / 2 - 1) + "X" + repeated("─", line / 2);
    head = " ";
  }
  const std::string_view tail = rung.transit == Transit::repeated ? "··" : "──";
  const std::string text = to_right ? fmt::format("{}{}{}{}", tail, label, dashes, head)
                                    : fmt::format("{}{}{}{}", head, dashes, label, tail);
  return painted(text, color_of(rung), paint);
}

/// When it arrived, at the receiver's side, where that is another moment than that of leaving.
std::string arrival(const Rung& rung) {
  if (rung.transit == Transit::lost) return "lost";
  if (rung.transit != Transit::delivered) return "";
  return "arrives " + ms_text(rung.arrived);
}

std::string note(std::string text, std::size_t width, TextStyle paint) {
  if (text.size() > width) text.resize(width);
  const std::string space(width - text.size(), ' ');
  return painted(text, text == "TIME_WAIT" ? "1;35" : nullptr, paint) + space;
}

std::string line(const Rung& rung, TextStyle paint) {
  std::string at_client;
  std::string at_server;
  std::string between = std::string(arrows, ' ');
  std::string& receiver = rung.side == Side::client ? at_server : at_client;
  switch (rung.kind) {
    case Rung::Kind::segment:
      between = arrow(rung, paint);
      receiver = arrival(rung);
      break;
    case Rung::Kind::call:
      (rung.side == Side::client ? at_client : at_server) = rung.text;
      break;
    case Rung::Kind::states:
      if (rung.client != TcpState::unknown) at_client = to_string(rung.client);
      if (rung.server != TcpState::unknown) at_server = to_string(rung.server);
      break;
  }
  std::string text = fmt::format("{}{:>10}  {}│{}│  {}", margin, ms_text(rung.at), note(at_client, notes, paint),
                                 between, note(at_server, notes, paint));
  text.erase(text.find_last_not_of(' ') + 1);
  return text + '\n';
}

}  // namespace

std::string ladder_text(const testbed::Picture& picture, TextStyle paint) {
  if (picture.rungs.empty()) return "";
  std::string text =
      fmt::format("{}{:>10}  {:<{}} {:>{}} server {}\n", margin, "ms", "client " + to_string(picture.ends.client),
                  notes, "", arrows, to_string(picture.ends.server));
  for (const Rung& rung : picture.rungs) text += line(rung, paint);
  return text;
}

}  // namespace closelab::lab
