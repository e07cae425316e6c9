#pragma once

#include <random>
#include <span>

#include "closelab/server.h"

namespace closelab::hostile {

using Random = std::mt19937_64;

/// Something that a client does with a connection of its own, well or badly.
struct Behaviour {
  const char* name;
  void (*play)(const Endpoint& server, Random& random);
};

/// All there are; what takes a timeout of the server is at the end.
std::span<const Behaviour> behaviours();
/// Those that are over at once.
std::span<const Behaviour> quick_behaviours();

/// Plays one. What the server does to it is not its business.
void play(const Behaviour& behaviour, const Endpoint& server, Random& random);

/// One of the commands by which connections are ended, or kept from ending.
void close_something(Server& server, Random& random);

/// The routes that behaviours use.
void serve_visitors(Server& server);

}  // namespace closelab::hostile
