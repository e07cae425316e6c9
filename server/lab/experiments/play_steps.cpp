#include "server/lab/experiments/play_steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <sstream>

#include "closelab/socket_options.h"
#include "closelab/tcp_state.h"
#include "server/lab/settings/fixed_limits.h"
#include "server/text/printable.h"
#include "server/text/quantity.h"
#include "server/text/spelling.h"

namespace closelab::lab {
namespace {

using server::parse_duration;
using server::parse_number;
using server::parse_size;
using testbed::Match;
using testbed::RelayRule;

/// The words of a line, taken one by one. The first thing that is wrong stays.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) { skip_spaces(); }

  bool empty() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }
  std::string take_rest() { return std::string(std::exchange(rest_, {})); }
  std::string take() {
    const std::size_t end = std::min(rest_.find(' '), rest_.size());
    std::string word(rest_.substr(0, end));
    rest_.remove_prefix(end);
    skip_spaces();
    return word;
  }
  bool take_if(std::string_view word) {
    Words copy = *this;
    if (copy.take() != word) return false;
    *this = copy;
    return true;
  }
  void refuse(std::string what) {
    if (error_.empty()) error_ = std::move(what);
  }
  const std::string& error() const { return error_; }

 private:
  void skip_spaces() { rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size())); }

  std::string_view rest_;
  std::string error_;
};

template <class Value>
Value take(Words& words, server::Parsed<Value> (*parse)(std::string_view)) {
  const server::Parsed<Value> parsed = parse(words.take());
  if (!parsed) words.refuse(parsed.error);
  return parsed.value;
}

std::uint16_t take_port(Words& words) {
  const std::uint64_t port = take(words, parse_number);
  if (port == 0 || port > 65535) words.refuse(fmt::format("{} is no port", port));
  return static_cast<std::uint16_t>(port);
}

// The arguments of the verbs.

void nothing(Words&, Step&) {}
void time(Words& words, Step& step) { step.time = take(words, parse_duration); }
/// The kernel counts these in seconds.
void linger_time(Words& words, Step& step) {
  time(words, step);
  if (step.time.count() % 1000 != 0) words.refuse("the kernel takes whole seconds here");
  const bool is_among = step.time.count() > 0 && step.time <= longest_tcp_linger2;
  if (step.verb == Verb::linger2 && !is_among) words.refuse("the kernel takes 1s to 120s here");
}
void number(Words& words, Step& step) { step.number = take(words, parse_number); }

void choices(Words& words, Step& step) {
  while (!words.empty()) {
    if (words.take_if("reuse_address")) {
      step.choices.reuse_address = true;
    } else if (words.take_if("reuse_port")) {
      step.choices.reuse_port = true;
    } else if (words.take_if("receive_buffer")) {
      step.choices.receive_buffer = take(words, parse_size);
    } else if (step.verb == Verb::connect && words.take_if("from")) {
      step.choices.from = take_port(words);
    } else if (step.verb == Verb::connect && words.take_if("to")) {
      step.number = take_port(words);
    } else {
      return words.refuse(fmt::format("\"{}\" is not understood here", words.rest()));
    }
  }
}

void port_and_choices(Words& words, Step& step) {
  step.number = take_port(words);
  choices(words, step);
}

void listener(Words& words, Step& step) {
  if (!words.take_if("from")) words.refuse("accept wants the listener: accept from listener");
  step.word = words.take();
}

/// `with Connection: close; X-Test: 1`.
void fields(Words& words, Step& step) {
  if (words.empty()) return;
  if (!words.take_if("with")) return words.refuse("fields begin with \"with\": with Connection: close");
  std::istringstream lines(words.take_rest());
  for (std::string line; std::getline(lines, line, ';');) {
    const std::size_t begin = line.find_first_not_of(' ');
    if (begin == std::string::npos || line.find(':') == std::string::npos)
      return words.refuse(fmt::format("\"{}\" is not a field: Name: value", line));
    step.fields += line.substr(begin) + "\r\n";
  }
}

void path(Words& words, Step& step) {
  step.word = words.take();
  if (!step.word.starts_with('/')) words.refuse("the path begins with /");
}

void get_request(Words& words, Step& step) {
  path(words, step);
  step.http_1_0 = words.take_if("HTTP/1.0");
  fields(words, step);
}

std::uint64_t take_bytes(Words& words) {
  const std::uint64_t number = take(words, parse_size);
  if (number > most_step_bytes)
    words.refuse(fmt::format("a step sends at most {}", server::format_size(most_step_bytes)));
  return std::min(number, most_step_bytes);
}

void post_request(Words& words, Step& step) {
  path(words, step);
  step.number = take_bytes(words);
  fields(words, step);
}

/// `send 4KiB`, `send 4KiB of x`, `send "text"`.
void bytes(Words& words, Step& step) {
  const std::string_view rest = words.rest();
  if (rest.size() >= 2 && rest.starts_with('"') && rest.ends_with('"')) {
    step.word = std::string(rest.substr(1, rest.size() - 2));
    words.take_rest();
    return;
  }
  step.number = take_bytes(words);
  const std::string of = words.take_if("of") ? words.take() : "x";
  if (of.size() != 1) return words.refuse("of wants one character");
  step.word = std::string(step.number, of.front());
}

void size(Words& words, Step& step) { step.number = take(words, parse_size); }

void state(Words& words, Step& step) {
  step.of_peer = words.take_if("peer");
  const std::string name = words.take();
  const auto parsed = parse_tcp_state(name);
  if (!parsed) return words.refuse(fmt::format("\"{}\" is no TCP state", name));
  step.word = to_string(*parsed);
}

template <class Value>
using Names = std::vector<std::pair<std::string_view, Value>>;

template <class Value>
Value take_name(Words& words, const Names<Value>& names) {
  const std::string word = words.take();
  std::string list;
  for (const auto& [name, value] : names) {
    if (name == word) return value;
    list += (list.empty() ? "" : ", ") + std::string(name);
  }
  words.refuse(fmt::format("\"{}\" is none of {}", word, list));
  return names.front().second;
}

/// `FIN from server`.
void packet(Words& words, Step& step) {
  step.rule.match = take_name<Match>(words, {{"any", Match::any},
                                             {"SYN", Match::syn},
                                             {"FIN", Match::fin},
                                             {"RST", Match::rst},
                                             {"ACK", Match::ack},
                                             {"data", Match::data}});
  if (!words.take_if("from")) return words.refuse("say from whom: from client, or from server");
  step.rule.from = take_name<Side>(words, {{"client", Side::client}, {"server", Side::server}});
}

/// `drop next 3 ACK from client`, `drop all FIN from server`.
void filter(Words& words, Step& step) {
  using Action = RelayRule::Action;
  step.rule.action = take_name<Action>(words, {{"drop", Action::drop}, {"hold", Action::hold}, {"copy", Action::copy}});
  if (!words.take_if("all")) {
    if (!words.take_if("next")) return words.refuse("say how many: next 3, or all");
    step.rule.count = static_cast<std::uint32_t>(take(words, parse_number));
    if (step.rule.count == 0) words.refuse("next wants a number from 1");
  }
  packet(words, step);
}

/// A verb as it is written, what it means and how its arguments are read.
struct Form {
  std::string_view words;
  Verb verb;
  void (*arguments)(Words&, Step&);
};

const std::vector<Form>& forms_of(std::string_view actor) {
  static const std::vector<Form> of_server{
      {"start", Verb::start, nothing},
      {"stop", Verb::stop, nothing},
      {"kill", Verb::kill, nothing},
      {"terminate", Verb::terminate, nothing},
      {"hold_close", Verb::hold_close, nothing},
      {"release", Verb::release_close, nothing},
      {"close_idle", Verb::close_idle, nothing},
  };
  static const std::vector<Form> of_network{
      {"delay", Verb::delay, time},
      {"drop", Verb::filter, filter},
      {"hold", Verb::filter, filter},
      {"copy", Verb::filter, filter},
      {"await", Verb::await_packet, packet},
      {"pass", Verb::pass, nothing},
      {"deliver kept", Verb::deliver, nothing},
      {"deliver fitting", Verb::deliver_fitting, nothing},
  };
  static const std::vector<Form> of_socket{
      {"connect", Verb::connect, choices},
      {"bind", Verb::bind, port_and_choices},
      {"listen", Verb::listen, port_and_choices},
      {"accept", Verb::accept, listener},
      {"get", Verb::get, get_request},
      {"post", Verb::post, post_request},
      {"send", Verb::send, bytes},
      {"read response", Verb::read_response, nothing},
      {"read end", Verb::read_end, nothing},
      {"read", Verb::read_bytes, size},
      {"shutdown_write", Verb::shutdown_write, nothing},
      {"close", Verb::close, nothing},
      {"abort", Verb::abort, nothing},
      {"linger2", Verb::linger2, linger_time},
      {"linger", Verb::linger, linger_time},
      {"await", Verb::await_state, state},
  };
  if (actor == "server") return of_server;
  return actor == "network" ? of_network : of_socket;
}

bool takes(Words& words, std::string_view form) {
  Words copy = words;
  std::istringstream parts{std::string(form)};
  for (std::string part; parts >> part;)
    if (!copy.take_if(part)) return false;
  words = copy;
  return true;
}

void parse_verb(Words& words, Step& step) {
  const std::vector<Form>& forms = forms_of(step.actor);
  for (const Form& form : forms) {
    Words after = words;
    if (!takes(after, form.words)) continue;
    step.verb = form.verb;
    // The rule's own words begin with its verb.
    if (form.verb != Verb::filter) words = after;
    return form.arguments(words, step);
  }
  std::vector<std::string_view> names;
  for (const Form& form : forms) names.push_back(form.words);
  words.refuse(server::unknown_word("verb", words.rest(), names, "the first word of a line is who acts"));
}

bool is_name(std::string_view word) {
  return !word.empty() && word.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

Step parse_step(Words& words) {
  Step step;
  if (words.take_if("pause")) {
    time(words, step);
  } else if (words.take_if("repeat")) {
    step.verb = Verb::repeat;
    number(words, step);
  } else {
    step.actor = words.take();
    if (!is_name(step.actor)) words.refuse(fmt::format("\"{}\" is no actor's name", step.actor));
    parse_verb(words, step);
  }
  if (!words.empty()) words.refuse(fmt::format("\"{}\" is not understood here", words.rest()));
  return step;
}

class ScriptReader {
 public:
  ParsedSteps read(std::string_view text, unsigned first_line) {
    std::istringstream lines{std::string(text)};
    unsigned number = first_line;
    for (std::string line; std::getline(lines, line); ++number) read_line(line.substr(0, line.find('#')), number);
    if (open_.size() > 1) refuse(open_line_, "this repeat has no end");
    result_.steps = std::move(open_.front());
    return std::move(result_);
  }

 private:
  void read_line(std::string line, unsigned number) {
    line.erase(line.find_last_not_of(" \t") + 1);
    Words words(line);
    if (words.empty()) return;
    if (line.substr(line.find_first_not_of(' ')) == "end") return close_repeat(number);
    Step step = parse_step(words);
    step.line = number;
    step.text = line.substr(line.find_first_not_of(' '));
    if (!words.error().empty()) return refuse(number, words.error());
    check_actor(step);
    count(number);
    const bool opens = step.verb == Verb::repeat;
    if (opens) open_repeat(step);
    open_.back().push_back(std::move(step));
    if (opens) open_.emplace_back();
  }

  void open_repeat(const Step& step) {
    open_line_ = step.line;
    // By how much the bound is exceeded does not matter.
    times_.push_back(std::min(times_.back() * std::min(step.number, most_play_steps + 1), most_play_steps + 1));
  }

  void count(unsigned line) {
    const bool was_within = played_ <= most_play_steps;
    played_ += times_.back();
    if (was_within && played_ > most_play_steps)
      refuse(line,
             fmt::format("a play has at most {} steps, with all that it repeats: here it has more", most_play_steps));
  }

  void close_repeat(unsigned number) {
    if (open_.size() == 1) return refuse(number, "there is no repeat to end");
    std::vector<Step> body = std::move(open_.back());
    open_.pop_back();
    times_.pop_back();
    open_.back().back().body = std::move(body);
  }

  /// A socket has to be made before it can be used.
  void check_actor(const Step& step) {
    if (step.verb < Verb::connect) return;
    const bool makes = step.verb <= Verb::accept;
    const bool known = std::ranges::find(made_, step.actor) != made_.end();
    if (makes && !known) made_.push_back(step.actor);
    if (!makes && !known) refuse(step.line, fmt::format("{0} has no socket yet: {0} connect", step.actor));
    if (step.verb == Verb::accept && std::ranges::find(made_, step.word) == made_.end())
      refuse(step.line, fmt::format("{0} does not listen yet: {0} listen 9000", step.word));
  }

  void refuse(unsigned line, std::string_view what) { result_.errors.push_back({line, server::printable(what)}); }

  ParsedSteps result_;
  /// The steps read so far, of the play and of each repeat that is open.
  std::vector<std::vector<Step>> open_{1};
  unsigned open_line_ = 0;
  /// How often a step that is read now is played, with every repeat that is open.
  std::vector<std::uint64_t> times_{1};
  std::uint64_t played_ = 0;
  std::vector<std::string> made_;
};

}  // namespace

ParsedSteps parse_steps(std::string_view text, unsigned first_line) { return ScriptReader().read(text, first_line); }

std::vector<std::string> actors_of(const std::vector<Step>& steps) {
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  };
  for (const Step& step : steps) {
    if (step.verb >= Verb::connect) add(step.actor);
    for (const std::string& name : actors_of(step.body)) add(name);
  }
  return names;
}

}  // namespace closelab::lab
