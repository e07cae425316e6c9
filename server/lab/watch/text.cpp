#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include "server/lab/watch/print.h"

namespace closelab::lab {
namespace {

std::size_t total(const StateCounts& counts) {
  std::size_t sum = 0;
  for (const auto& [state, count] : counts) sum += count;
  return sum;
}

std::string filter_text(const TcpFilter& filter) {
  std::string text;
  if (filter.port) text += fmt::format(", port {}", *filter.port);
  if (filter.peer) text += fmt::format(", peer {}", to_string(*filter.peer));
  for (const TcpState state : filter.states) text += fmt::format(", {}", to_string(state));
  return text;
}

std::string counts_text(const Snapshot& snapshot) {
  const std::size_t sockets = total(snapshot.counts);
  std::string text =
      fmt::format("{:%H:%M:%S}  {} TCP socket{}{}\n", fmt::localtime(std::chrono::system_clock::to_time_t(snapshot.at)),
                  sockets, sockets == 1 ? "" : "s", filter_text(snapshot.filter));
  for (const auto& [state, count] : snapshot.counts) text += fmt::format("{:<12} {:>6}\n", to_string(state), count);
  return text;
}

/// Rounded up: as long as the kernel says that something is left, so do we.
std::string left_text(const TcpSocket& socket, server::Charset charset) {
  if (socket.timer != TcpTimer::time_wait) return "-";
  if (socket.timer_left.count() == 0) return charset == server::Charset::utf8 ? "≤ 2 s" : "<= 2 s";
  const auto tenths = (socket.timer_left.count() + 99) / 100;
  char text[32];
  char* const point = std::to_chars(text, std::end(text), tenths / 10).ptr;
  return {text, std::copy_n(std::array{'.', static_cast<char>('0' + tenths % 10), ' ', 's'}.data(), 4, point)};
}

/// `*` for the port of a listener's peer, as netstat has it.
std::string end_text(const Endpoint& end) {
  return end.port != 0 ? to_string(end) : fmt::format("{}:*", address_text(end));
}

/// The same of many, which have few addresses between them.
class EndTexts {
 public:
  std::string of(const Endpoint& end) {
    if (end.port == 0) return end_text(end);
    Known& known = known_[(end.address[3] + 2U * end.address.back()) % known_.size()];
    Endpoint address = end;
    address.port = 0;
    if (known.before_port.empty() || known.address != address) {
      const std::string text = to_string(end);
      known = {address, text.substr(0, text.rfind(':') + 1)};
    }
    char port[5];
    return std::string(known.before_port).append(port, std::to_chars(port, std::end(port), end.port).ptr);
  }

 private:
  struct Known {
    Endpoint address;
    std::string before_port;
  };
  std::array<Known, 16> known_;
};

/// UTF-8 continues a character with bytes 10xxxxxx.
bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }

// Tens of thousands of lines are common, and twice as fast with these as with fmt's widths.

void append_left(std::string& out, std::string_view text, std::size_t width) {
  out.append(text).append(width - std::min(width, text.size()), ' ').push_back(' ');
}

void append_right(std::string& out, std::uint32_t number, std::size_t width) {
  char text[10];
  const auto digits = static_cast<std::size_t>(std::to_chars(text, std::end(text), number).ptr - text);
  out.append(width - std::min(width, digits), ' ').append(text, digits).push_back(' ');
}

void append_right(std::string& out, std::string_view text, std::size_t width) {
  const auto characters = static_cast<std::size_t>(std::ranges::count_if(text, begins_character));
  out.append(width - std::min(width, characters), ' ').append(text).push_back(' ');
}

/// The columns that are as wide as what is in them.
struct Widths {
  std::size_t local = std::string_view("Local Address").size();
  std::size_t remote = std::string_view("Foreign Address").size();
  std::size_t state = std::string_view("State").size();
};

struct Line {
  const ListedSocket* row;
  std::string local;
  std::string remote;
};

/// Which columns there are, and in which order: where not all of them fit, the time left, its holder and the state
/// come first, so that it is an address that is cut.
enum class Form : std::uint8_t { all, time_left_first };

constexpr std::size_t usual_line = 100;
constexpr std::size_t longest_holder = std::string_view("unknown").size();

Form form_for(const Widths& widths, const Room& room) {
  const std::size_t all = 5 + 1 + 6 + 1 + 6 + 1 + widths.local + 1 + widths.remote + 1 + widths.state + 1 + 9 + 1;
  return all + longest_holder <= room.columns ? Form::all : Form::time_left_first;
}

std::string_view holder_text(const ListedSocket& row) { return row.time_wait ? to_string(*row.time_wait) : "-"; }

void append_all(std::string& out, const Line& line, const Widths& widths, server::Charset charset) {
  const TcpSocket& socket = line.row->socket;
  append_left(out, socket.local.family == AddressFamily::ipv6 ? "tcp6" : "tcp", 5);
  append_right(out, socket.receive_queue, 6);
  append_right(out, socket.send_queue, 6);
  append_left(out, line.local, widths.local);
  append_left(out, line.remote, widths.remote);
  append_left(out, to_string(socket.state), widths.state);
  append_right(out, left_text(socket, charset), 9);
  out.append(holder_text(*line.row)).push_back('\n');
}

void append_time_left_first(std::string& out, const Line& line, const Widths& widths, server::Charset charset) {
  append_right(out, left_text(line.row->socket, charset), 9);
  append_left(out, holder_text(*line.row), longest_holder);
  append_left(out, to_string(line.row->socket.state), widths.state);
  append_left(out, line.local, widths.local);
  out.append(line.remote).push_back('\n');
}

std::string heading(Form form, const Widths& widths) {
  if (form == Form::time_left_first)
    return fmt::format("\nTime left Held by {:<{}} {:<{}} Foreign Address\n", "State", widths.state, "Local Address",
                       widths.local);
  return fmt::format("\nProto Recv-Q Send-Q {:<{}} {:<{}} {:<{}} Time left Held by\n", "Local Address", widths.local,
                     "Foreign Address", widths.remote, "State", widths.state);
}

void append_sockets(std::string& out, std::span<const ListedSocket> listed, const Room& room) {
  std::vector<Line> lines;
  lines.reserve(listed.size());
  out.reserve(out.size() + listed.size() * usual_line);
  EndTexts ends;
  Widths widths;
  for (const ListedSocket& row : listed) {
    const Line& line = lines.emplace_back(Line{&row, ends.of(row.socket.local), ends.of(row.socket.remote)});
    widths.local = std::max(widths.local, line.local.size());
    widths.remote = std::max(widths.remote, line.remote.size());
    widths.state = std::max(widths.state, to_string(row.socket.state).size());
  }
  const Form form = form_for(widths, room);
  out += heading(form, widths);
  for (const Line& line : lines)
    (form == Form::all ? append_all : append_time_left_first)(out, line, widths, room.charset);
}

constexpr std::string_view slack_note = " 2 s: the timer is due; the kernel's timer slack is up to 2 s\n";

bool is_due(const ListedSocket& row) {
  return row.socket.timer == TcpTimer::time_wait && row.socket.timer_left.count() == 0;
}

/// Lines that are needed besides those of sockets: the counts with their heading, an empty line, the columns' names,
/// how many more there are, and the note.
std::size_t lines_besides(const Snapshot& snapshot) { return 1 + snapshot.counts.size() + 4; }

/// Where the line ends after that many characters.
std::size_t cut_at(std::string_view line, std::size_t columns) {
  if (line.size() <= columns) return line.size();
  std::size_t at = 0;
  for (std::size_t seen = 0; at < line.size(); ++at)
    if (begins_character(line[at]) && seen++ == columns) break;
  return at;
}

std::string fit(std::string_view text, const Room& room) {
  std::string out;
  for (std::size_t row = 0; row < room.rows && !text.empty(); ++row) {
    const std::size_t end = text.find('\n');
    out.append(text.substr(0, cut_at(text.substr(0, end), room.columns))).push_back('\n');
    text.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace

std::string watch_text(const Snapshot& snapshot, const Room& room) {
  std::string out = counts_text(snapshot);
  const std::size_t besides = std::min(room.rows, lines_besides(snapshot));
  const std::size_t shown = std::min(snapshot.listed.size(), room.rows - besides);
  const std::span<const ListedSocket> listed(snapshot.listed.data(), shown);
  const std::size_t more = snapshot.listed.size() - shown + snapshot.not_listed;
  if (!listed.empty()) append_sockets(out, listed, room);
  if (more > 0) out += fmt::format("... and {} more\n", more);
  if (std::ranges::any_of(listed, is_due))
    out.append(room.charset == server::Charset::utf8 ? "≤" : "<=").append(slack_note);
  const bool is_cut = room.rows != Room{}.rows || room.columns != Room{}.columns;
  return is_cut ? fit(out, room) : out;
}

}  // namespace closelab::lab
