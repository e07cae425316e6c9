#include "tests/kernel/players.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <cmath>
#include <exception>
#include <iterator>
#include <mutex>
#include <random>
#include <thread>

namespace closelab::kernel_test {
namespace {

using namespace std::chrono_literals;

// Many connections at once; and few, because threads that crowd the processors take turns instead of racing.
constexpr std::size_t crowd = 16;
constexpr std::size_t racers = 3;

/// Adds endings by their shares, `per_share` for each.
void draw(std::span<const Ending> endings, std::string_view only, double per_share, std::vector<const Ending*>& drawn) {
  for (const Ending& ending : endings) {
    if (ending.name.find(only) == std::string_view::npos) continue;
    drawn.insert(drawn.end(), static_cast<std::size_t>(std::ceil(per_share * ending.share)), &ending);
  }
}

double shares_of(const std::vector<std::span<const Ending>>& groups, std::string_view only) {
  double shares = 0;
  for (const auto& endings : groups) {
    for (const Ending& ending : endings) shares += ending.name.find(only) != std::string_view::npos ? ending.share : 0;
  }
  return shares;
}

Played played(const Ending& ending, const Client& client, const LabServer& server) {
  return {&ending, {plain(client.local()), plain(server.reachable())}, std::chrono::steady_clock::now()};
}

void play(const Ending& ending, LabServer& server, std::uint64_t seed, Performance& performance) {
  const std::size_t before = performance.played.size();
  try {
    Random random(seed);
    std::uint16_t port = 0;
    for (const Ending* each = &ending; each != nullptr; each = each->again) {
      Client client(server.reachable(), each->receive_buffer, port);
      performance.played.push_back(played(*each, client, server));
      port = client.local().port;
      Scene scene{client, random, server};
      each->script(scene);
    }
  } catch (const std::exception& error) {
    const bool is_connected = performance.played.size() > before;
    if (is_connected) performance.played.back().failure = error.what();
    if (!is_connected) performance.failures.push_back(std::string(ending.name) + ": " + error.what());
  }
}

/// Plays them in random order on `players` threads.
Performance play_mixed(Lab& lab, std::vector<const Ending*> drawn, std::size_t players, std::uint64_t seed) {
  std::shuffle(drawn.begin(), drawn.end(), std::mt19937_64(seed));
  std::vector<Performance> parts(players);
  std::atomic<std::size_t> next{0};
  std::vector<std::jthread> threads;
  for (Performance& part : parts) {
    threads.emplace_back([&] {
      for (std::size_t i = next++; i < drawn.size(); i = next++) {
        play(*drawn[i], lab.at(drawn[i]->persona), seed + i, part);
      }
    });
  }
  threads.clear();
  Performance all;
  for (Performance& part : parts) all.add(std::move(part));
  return all;
}

/// What no handler has got is safe to send again, and nothing else is.
void check_safe(const LabServer& lab, const ConnectionRecord& record, Performance& performance) {
  for (const RequestRecord& request : record.requests) {
    if (request.retry != Retry::safe || !lab.seen.contains(record.id, request.number)) continue;
    performance.failures.push_back("retry safe, though a handler got request " + std::to_string(request.number) +
                                   ":\n" + ladder(record));
  }
}

/// Waits until every connection has settled, and takes the records.
void collect(LabServer& lab, std::size_t connections, Performance& performance) {
  Server& server = lab.server;
  for (std::size_t i = 0; i < connections; ++i) {
    if (server.wait_closed(10s)) continue;
    // A client's RST may overtake the ACK of its handshake: such a connection is never accepted.
    if (server.counts().accepted == i) break;
    std::string failure = "only " + std::to_string(i) + " of " + std::to_string(connections) + " connections to " +
                          server.url() + " settled";
    server.each_connection([&](const ConnectionRecord& record) {
      if (record.phase != Phase::settled) failure += '\n' + ladder(record);
    });
    performance.failures.push_back(failure);
    break;
  }
  const Counts counts = server.counts();
  performance.accepted += counts.accepted;
  performance.settled += counts.settled;
  for (ConnectionRecord& record : server.connections()) {
    check_safe(lab, record, performance);
    performance.records.push_back(std::move(record));
  }
}

/// What a client may be doing when the server stops.
void begin_something(Scene& scene) {
  switch (scene.random.up_to(4)) {
    case 0:
      return;
    case 1:
      scene.client.send(get("/"));
      return scene.client.read_answer("ok\n");
    case 2:
      scene.client.send(get("/held"));
      return;
    case 3:
      scene.client.send("GET / HT");
      return;
    default:
      scene.client.send(get("/", "Connection: close\r\n"));
  }
}

/// In mode never the server holds the connection, whatever its client does, until it stops.
void begin_never(Scene& scene) {
  scene.client.send(get("/", "Connection: close\r\n"));
  scene.client.read_answer("ok\n");
  switch (scene.random.up_to(4)) {
    case 0:
      return;
    case 1:
      return scene.client.half_close();
    case 2:
      return scene.client.close();
    case 3:
      return scene.client.abort();
    default:
      scene.client.send(get("/"));
  }
}

void play_stopped(Scene& scene) {
  scene.client.read_to_end();
  if (scene.random.coin()) scene.random.spin(200us);
  scene.client.close();
}

/// A server, what its clients do until all are ready and it stops, and how their connections may end.
struct Stop {
  CloseMode mode;
  void (*begin)(Scene&);
  Ending ending;
};

const Stop& stop_of_round(std::size_t round) {
  using enum CloseReason;
  static const std::array stops{
      Stop{CloseMode::lingering,
           begin_something,
           {.name = "the server stops",
            .persona = Persona::lingering,
            .share = 0,
            .script = play_stopped,
            .reasons = {server_stop, request_close, peer_closed}}},
      Stop{CloseMode::never,
           begin_never,
           {.name = "never, the server stops",
            .persona = Persona::lingering,
            .share = 0,
            .script = play_stopped,
            .reasons = {request_close}}},
  };
  return stops[round % stops.size()];
}

Performance play_one_stop(const Stop& stop, std::uint64_t seed) {
  Performance performance;
  Options options = lab_options();
  options.close_mode = stop.mode;
  LabServer server(options);
  std::barrier<> ready(static_cast<std::ptrdiff_t>(connections_per_stop) + 1);
  std::mutex mutex;
  std::vector<std::jthread> clients;
  for (std::size_t i = 0; i < connections_per_stop; ++i) {
    clients.emplace_back([&, i] {
      Random random(seed + i);
      Client client(server.reachable(), 0);
      Scene scene{client, random, server};
      {
        const std::lock_guard lock(mutex);
        performance.played.push_back(played(stop.ending, client, server));
      }
      stop.begin(scene);
      ready.arrive_and_wait();
      stop.ending.script(scene);
    });
  }
  ready.arrive_and_wait();
  server.server.stop(20ms);
  clients.clear();
  collect(server, connections_per_stop, performance);
  return performance;
}

}  // namespace

void Performance::add(Performance other) {
  std::ranges::move(other.played, std::back_inserter(played));
  std::ranges::move(other.records, std::back_inserter(records));
  std::ranges::move(other.failures, std::back_inserter(failures));
  accepted += other.accepted;
  settled += other.settled;
}

Performance play_endings(Lab& lab, const Repertoire& repertoire, std::string_view only, std::size_t connections,
                         std::uint64_t seed) {
  const double shares = shares_of(repertoire.mixed, only) + shares_of(repertoire.races, only);
  const double per_share = static_cast<double>(connections) / shares;
  std::vector<const Ending*> orderly;
  for (const auto& endings : repertoire.mixed) draw(endings, only, per_share, orderly);
  std::vector<const Ending*> racing;
  for (const auto& endings : repertoire.races) draw(endings, only, per_share, racing);

  Performance all = play_mixed(lab, std::move(orderly), crowd, seed);
  all.add(play_mixed(lab, std::move(racing), racers, seed + connections));
  for (const auto& server : lab.servers()) {
    const Endpoint ends_at = plain(server->reachable());
    const auto to_it = std::ranges::count_if(all.played, [&](const Played& p) { return p.ends.server == ends_at; });
    collect(*server, static_cast<std::size_t>(to_it), all);
  }
  return all;
}

Performance play_stops(std::size_t rounds, std::uint64_t seed) {
  Performance all;
  for (std::size_t i = 0; i < rounds; ++i) all.add(play_one_stop(stop_of_round(i), seed + i * connections_per_stop));
  return all;
}

}  // namespace closelab::kernel_test
