#include "server/lab/settings/settings.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "server/lab/settings/codec.h"

namespace closelab::lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// `field` names the place in Settings; it takes them const and not.
template <class Value, class Field>
Setting setting(Group group, std::string_view key, Codec<Value> codec, Field field, std::string_view help) {
  const auto set = [=](Settings& settings, std::string_view text) {
    Parsed<Value> parsed = codec.parse(text);
    if (parsed) field(settings) = std::move(parsed.value);
    return parsed.error;
  };
  const auto get = [=](const Settings& settings) { return codec.format(field(settings)); };
  return {key, group, codec.kind, codec.placeholder, help, set, get, codec.arity};
}

/// The setting under a new name; the old one lives for one version more.
Setting formerly(std::string_view former_key, Setting setting) {
  setting.former_key = former_key;
  return setting;
}

#define CLOSELAB_FIELD(path) \
  [](auto& settings) -> auto& { return settings.path; }

using List = std::vector<Setting>;

List listening() {
  const Group group = Group::listening;
  return {
      setting(group, "address", address(), CLOSELAB_FIELD(options.listen.address),
              "numeric IPv4 or IPv6 address to listen on; `::` accepts both families"),
      setting(group, "port", number<std::uint16_t>(0), CLOSELAB_FIELD(options.listen.port),
              "port to listen on; 0 lets the kernel choose, and the first line says which"),
      setting(group, "reuse_address", on_off(), CLOSELAB_FIELD(options.listen.reuse_address),
              "SO_REUSEADDR: start over connections that an earlier server left in TIME_WAIT, "
              "provided that it had this option too"),
      setting(group, "reuse_port", on_off(), CLOSELAB_FIELD(options.listen.reuse_port),
              "SO_REUSEPORT: let several listeners share the port"),
      setting(group, "ipv6_only", on_off(), CLOSELAB_FIELD(options.listen.ipv6_only),
              "IPV6_V6ONLY: an IPv6 listener leaves IPv4 alone"),
      setting(group, "backlog", number<int>(1), CLOSELAB_FIELD(options.listen.backlog),
              "length of the accept queue; the kernel caps it at net.core.somaxconn"),
      setting(
          group, "listener",
          name_of<ListenerMode>(
              {{"accept", ListenerMode::accept}, {"refuse", ListenerMode::refuse}, {"ignore", ListenerMode::ignore}}),
          CLOSELAB_FIELD(options.listen.mode),
          "what those who connect find: a server; nothing that listens, so that they are refused; or something that "
          "listens and accepts nobody. The admin port and C++ change it while the server runs"),
      setting(
          group, "listen_fd", or_off(number<int>(0)), CLOSELAB_FIELD(options.listen.fd),
          "descriptor of a TCP socket that listens already, for a test harness that wants to choose the port without "
          "a race; the settings above are decided then and have no effect, and there can be one reactor only. A "
          "service manager's (LISTEN_FDS) is taken without being asked for"),
  };
}

List admin() {
  const Group group = Group::admin;
  return {
      setting(group, "admin_address", address(), CLOSELAB_FIELD(admin_address),
              "numeric address of the admin port, which tells programs what happened and takes commands; it asks for "
              "no password, so that any other than loopback lets everybody in"),
      setting(group, "admin_port", admin_port(), CLOSELAB_FIELD(admin_port),
              "port of the admin port; auto: one above `port`, or any free one when that is taken or `port` is 0; the "
              "first line says which"),
      setting(group, "admin_host", host_names(), CLOSELAB_FIELD(admin_hosts),
              "a further name that the admin port answers to, as in http://NAME:8081/, besides localhost and every "
              "address; may be given again. Any other name could be one that a web site points at this machine"),
  };
}

List sockets() {
  const Group group = Group::sockets;
  return {
      setting(group, "tcp_nodelay", on_off(), CLOSELAB_FIELD(options.socket.tcp_nodelay),
              "TCP_NODELAY: send small segments at once (no Nagle algorithm)"),
      setting(group, "linger", or_off(duration<seconds>({})), CLOSELAB_FIELD(options.socket.linger),
              "SO_LINGER at close(): off; 0s makes close() an RST unless both FINs have been exchanged; "
              "longer lets close() wait for the client to acknowledge what was sent, and a stop with it"),
      setting(group, "tcp_keepalive", or_off(duration<seconds>(seconds(1), longest_tcp_keepalive)),
              CLOSELAB_FIELD(options.socket.tcp_keepalive),
              "SO_KEEPALIVE: probe a silent client at this interval; not HTTP's keep-alive"),
      setting(group, "tcp_user_timeout", or_off(duration<milliseconds>(milliseconds(1))),
              CLOSELAB_FIELD(options.socket.tcp_user_timeout),
              "TCP_USER_TIMEOUT: how long sent bytes may stay unacknowledged; off is the kernel's default"),
      setting(group, "tcp_linger2", or_off(duration<seconds>(seconds(1), longest_tcp_linger2)),
              CLOSELAB_FIELD(options.socket.tcp_linger2),
              "TCP_LINGER2: how long a closed socket waits in FIN_WAIT_2 for the client's FIN; off is the "
              "kernel's default, net.ipv4.tcp_fin_timeout; at most 120s, as the kernel has it"),
  };
}

List closing() {
  const Group group = Group::closing;
  const auto time = duration(milliseconds(1));
  return {
      setting(group, "close_mode", close_mode(), CLOSELAB_FIELD(options.close_mode),
              "how the server ends a connection. lingering: FIN, then read until the client's FIN, so that nothing "
              "is lost; immediate: FIN and close at once, which becomes an RST when request bytes are unread; "
              "abortive: RST, no TIME_WAIT anywhere, unsent bytes lost; delayed: FIN, a pause without reading, close; "
              "half: FIN, then read for as long as the client likes: FIN_WAIT_2; deferred: let the client close first, "
              "so that TIME_WAIT is the client's, which departs from RFC 9112 section 9.6; never: no close, also after "
              "the client's FIN, until the server stops: CLOSE_WAIT"),
      setting(group, "lingering_when",
              name_of<LingeringWhen>({{"always", LingeringWhen::always}, {"unread", LingeringWhen::unread}}),
              CLOSELAB_FIELD(options.lingering_when),
              "when modes lingering and delayed take their time; unread: only when request bytes are unread or may be "
              "on their way, else they are as immediate"),
      setting(group, "lingering_time", duration(milliseconds(1)), CLOSELAB_FIELD(options.lingering.time),
              "longest wait for the client's FIN in mode lingering"),
      setting(group, "lingering_bytes", size<std::size_t>(0), CLOSELAB_FIELD(options.lingering.bytes),
              "most bytes read and dropped in mode lingering"),
      setting(group, "delayed_time", time, CLOSELAB_FIELD(options.close_times.delayed_time),
              "pause between FIN and close() in mode delayed"),
      setting(group, "half_time", time, CLOSELAB_FIELD(options.close_times.half_time),
              "longest wait for the client's FIN in mode half"),
      setting(group, "deferred_time", time, CLOSELAB_FIELD(options.close_times.deferred_time),
              "longest wait for the client's FIN in mode deferred; then as lingering"),
      formerly(
          "half_close",
          setting(
              group, "client_half_close",
              name_of<ClientHalfClose>({{"answer", ClientHalfClose::answer}, {"abort", ClientHalfClose::abort}}),
              CLOSELAB_FIELD(options.client_half_close),
              "what a client's FIN means that comes while its request is read or answered: it wants its answer; or it "
              "has lost interest, and the request is dropped")),
  };
}

List timeouts() {
  const Group group = Group::timeouts;
  return {
      setting(group, "idle_timeout", timeout(), CLOSELAB_FIELD(options.timeouts.idle_timeout),
              "longest wait for the next request on a kept connection; ends with a FIN"),
      setting(
          group, "keep_alive_when",
          name_of<KeepAliveWhen>(
              {{"needed", KeepAliveWhen::needed}, {"asked", KeepAliveWhen::asked}, {"always", KeepAliveWhen::always}}),
          CLOSELAB_FIELD(options.keep_alive.when),
          "who is sent \"Connection: keep-alive\" and Keep-Alive: clients that need it, which are all when there is "
          "something to say in Keep-Alive, else those of HTTP/1.0; only clients that sent it themselves; or all"),
      setting(group, "keep_alive_timeout", advertised_duration(), CLOSELAB_FIELD(options.keep_alive.timeout),
              "what the Keep-Alive field says of idle_timeout, whatever is enforced: a fixed value, or more or less "
              "than the truth by an offset (+5s, -1s), or nothing"),
      setting(group, "header_timeout", timeout(), CLOSELAB_FIELD(options.timeouts.header_timeout),
              "from a request's first byte to the end of its head; answered 408"),
      setting(group, "body_timeout", timeout(), CLOSELAB_FIELD(options.timeouts.body_timeout),
              "from the end of the head to the end of the body; answered 408"),
      setting(group, "write_timeout", timeout(), CLOSELAB_FIELD(options.timeouts.write_timeout),
              "without the client taking a byte of a response; ends with an RST"),
      setting(group, "timeout_response", on_off(), CLOSELAB_FIELD(options.timeout_response),
              "answer 408 to a request that is late (header_timeout, body_timeout); off: just close"),
  };
}

List limits() {
  const Group group = Group::limits;
  return {
      setting(group, "target_bytes", size<std::size_t>(1), CLOSELAB_FIELD(options.limits.target_bytes),
              "longest request target; beyond it 414"),
      setting(group, "header_bytes", size<std::size_t>(1), CLOSELAB_FIELD(options.limits.header_bytes),
              "most bytes in a request's head; beyond it 431"),
      setting(group, "header_count", number<std::size_t>(1), CLOSELAB_FIELD(options.limits.header_count),
              "most field lines in a request's head; beyond it 431"),
      setting(group, "body_bytes", size<std::uint64_t>(0), CLOSELAB_FIELD(options.limits.body_bytes),
              "longest request body; beyond it 413"),
      setting(group, "request_limit", or_off(number<std::uint64_t>(1)), CLOSELAB_FIELD(options.request_limit),
              "requests that a connection may carry; the last is answered with Connection: close"),
      setting(group, "keep_alive_max", advertised_number(), CLOSELAB_FIELD(options.keep_alive.max),
              "what the Keep-Alive field says of the requests that the connection may still carry, whatever is "
              "enforced: a fixed value, or more or less than the truth by an offset, or nothing"),
      setting(group, "max_connections", number<std::size_t>(1), CLOSELAB_FIELD(options.max_connections),
              "connections open at once; one more is answered 503"),
      setting(group, "held_bytes", or_off(size<std::uint64_t>(1)), CLOSELAB_FIELD(options.held_bytes),
              "most bytes of requests and answers held at once, over all connections; beyond it 503"),
  };
}

List serving() {
  const Group group = Group::serving;
  return {
      setting(group, "reactors", number<unsigned>(1, 1024), CLOSELAB_FIELD(options.reactors),
              "threads that serve, each with a listener of its own when there are several"),
      formerly("verdicts", setting(group, "lookups", on_off(), CLOSELAB_FIELD(options.lookups),
                                   "ask the kernel's tables how each connection ended; off: verdicts rest on what the "
                                   "server's own sockets show")),
      setting(group, "lookup_every", number<std::uint64_t>(1), CLOSELAB_FIELD(options.lookup_every),
              "ask the kernel about one connection in so many, under load; the others are judged as without lookups"),
      setting(
          group, "witness",
          name_of<WitnessChoice>(
              {{"auto", WitnessChoice::automatic}, {"off", WitnessChoice::off}, {"require", WitnessChoice::require}}),
          CLOSELAB_FIELD(witness),
          "capture the segments with SYN, FIN and RST of the port, so that verdicts rest on packets, of remote "
          "clients too; auto: where CAP_NET_RAW allows it, and the first lines say whether; require: or don't start"),
      setting(group, "capture", or_off(file_name()), CLOSELAB_FIELD(capture),
              "save all packets of the port in this file, as pcapng, when the server stops: Wireshark and tshark show "
              "the words of the ladders with them. Needs CAP_NET_RAW"),
      setting(group, "records_kept", number<std::size_t>(0), CLOSELAB_FIELD(options.records_kept),
              "settled connections that are remembered"),
      setting(group, "records_age", or_unset("off", duration<milliseconds>({})), CLOSELAB_FIELD(options.records_age),
              "how long they are remembered at most, looked at whenever another connection settles"),
      setting(group, "requests_kept", number<std::size_t>(0), CLOSELAB_FIELD(options.requests_kept),
              "requests that are remembered of each connection, the last ones"),
      setting(group, "fields_kept", size<std::size_t>(0), CLOSELAB_FIELD(options.fields_kept),
              "bytes of a request's field lines that are remembered with it, whole lines from the first one"),
      setting(group, "local_clients", on_off(), CLOSELAB_FIELD(options.local_clients),
              "look up which process on this machine a connection comes from, and whether its keepalive timer runs; "
              "it takes a few milliseconds where there are many processes, in which nobody is served"),
      setting(group, "cors", on_off(), CLOSELAB_FIELD(cors),
              "let pages of any origin drive their browser at the lab port: answer CORS preflights, and let scripts "
              "read the lab's answers. Rules' answers say what they say"),
      setting(group, "rule_seed", or_unset("random", number<std::uint64_t>(0)), CLOSELAB_FIELD(options.rule_seed),
              "decides what rules with a probability do, so that a run can be repeated"),
      setting(group, "grace", duration<milliseconds>({}), CLOSELAB_FIELD(options.grace),
              "how long requests in flight may take to finish when the server is told to stop"),
  };
}

List output() {
  const Group group = Group::output;
  return {
      setting(group, "log_format", name_of<LogFormat>({{"text", LogFormat::text}, {"json", LogFormat::json}}),
              CLOSELAB_FIELD(log_format), "text for people; json for programs, one object a line"),
      setting(
          group, "log_when_full", name_of<LogFull>({{"wait", LogFull::wait}, {"drop", LogFull::drop}}),
          CLOSELAB_FIELD(log_when_full),
          "when 10,000 lines wait for their reader; wait: the server waits for it, unless it has read nothing for a "
          "second; drop: lines are dropped, and a line says how many"),
      setting(group, "color",
              name_of<Color>({{"auto", Color::automatic}, {"always", Color::always}, {"never", Color::never}}),
              CLOSELAB_FIELD(color), "color in the text log; auto: on a terminal, unless NO_COLOR is set"),
  };
}

#undef CLOSELAB_FIELD

List all_settings() {
  List all;
  for (List group : {listening(), admin(), sockets(), closing(), timeouts(), limits(), serving(), output()})
    std::ranges::move(group, std::back_inserter(all));
  return all;
}

}  // namespace

std::string_view to_string(Group group) {
  switch (group) {
    case Group::listening:
      return "Listening";
    case Group::admin:
      return "Admin port";
    case Group::sockets:
      return "Sockets of connections";
    case Group::closing:
      return "Ending connections";
    case Group::timeouts:
      return "Timeouts";
    case Group::limits:
      return "Limits";
    case Group::serving:
      return "Serving and stopping";
    case Group::output:
      return "Output";
  }
  return "";
}

const std::vector<Setting>& schema() {
  static const List settings = all_settings();
  return settings;
}

const Setting* find_setting(std::string_view key) {
  const auto has_key = [key](const Setting& setting) { return setting.key == key || setting.former_key == key; };
  const auto found = key.empty() ? schema().end() : std::ranges::find_if(schema(), has_key);
  return found == schema().end() ? nullptr : &*found;
}

std::string flag_name(std::string_view key) {
  std::string name = "--" + std::string(key);
  std::ranges::replace(name, '_', '-');
  return name;
}

std::string former_name_note(std::string_view former, std::string_view now) {
  return fmt::format("{} is called {} now; the old name goes with the next version", former, now);
}

namespace {

/// Whoever bound a socket that is handed over has decided how it listens: the first setting that says otherwise.
std::string decided_already(const Settings& settings) {
  if (!settings.options.listen.fd) return "";
  const Settings defaults;
  for (const Setting& setting : schema()) {
    const bool is_told = setting.group == Group::listening && setting.get(settings) != setting.get(defaults);
    if (is_told && setting.key != "listen_fd") return std::string(setting.key);
  }
  return "";
}

}  // namespace

std::string contradiction(const Settings& settings) {
  if (const std::string key = decided_already(settings); !key.empty())
    return fmt::format("{} has no effect on a socket that is handed over (listen_fd); leave one of them out", key);
  const ListenOptions& listen = settings.options.listen;
  const AdminPort& admin = settings.admin_port;
  const bool same_port = admin.choice == AdminPort::Choice::fixed && admin.port != 0 && admin.port == listen.port;
  const auto is_any = [](std::string_view address) { return address == "0.0.0.0" || address == "::"; };
  const bool same_address =
      listen.address == settings.admin_address || is_any(listen.address) || is_any(settings.admin_address);
  if (!same_port || !same_address) return "";
  return fmt::format("admin_port {} is the port that the server itself is to listen on; choose another, or auto",
                     admin.port);
}

void add_rule(Settings& settings, const Rule& rule, std::string_view where) {
  std::vector<Rule>& rules = settings.options.rules;
  const auto equal = std::ranges::find(rules, rule);
  if (equal != rules.end())
    settings.notes.push_back(
        fmt::format("{}this rule is the same as rule {}; it acts as well, where the first has not ended the connection",
                    where, equal - rules.begin() + 1));
  rules.push_back(rule);
}

}  // namespace closelab::lab
