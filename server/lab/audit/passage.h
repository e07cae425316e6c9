#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace closelab::lab {

/// How much of an answer came.
enum class Extent : std::uint8_t { none, cut, whole };

/// How a connection ended for the one who reads from it.
enum class StreamEnd : std::uint8_t { open, fin, rst };

/// An answer and the end of its connection, as one side of a proxy saw it.
struct ExchangeEnd {
  /// 0: none came.
  int status = 0;
  /// The body's length.
  std::uint64_t bytes = 0;
  Extent extent = Extent::none;
  StreamEnd end = StreamEnd::open;
};

/// What a proxy made of an upstream's answer and ending.
enum class Passage : std::uint8_t {
  passed_on,  ///< its client sees what the proxy saw
  replaced,   ///< its client gets an error of the proxy's own, such as 502
  masked,     ///< its client sees less than the proxy did: FIN for RST, a whole answer for a truncated one
  invented,   ///< its client sees a failure that the upstream has not made
};

/// What became of one request of the client in front of a proxy.
struct Passed {
  ExchangeEnd upstream{};
  ExchangeEnd front{};
  Passage passage = Passage::passed_on;
  /// How often the upstream got it.
  std::size_t requests = 0;
};

std::string_view to_string(Extent extent);
std::string_view to_string(StreamEnd end);
std::string_view to_string(Passage passage);
/// `cut at 100, RST`: so many bytes of the body came; `no answer, FIN`; `200, 10 bytes`.
std::string describe(const ExchangeEnd& end);

/// Whether the answer is an error of a gateway (RFC 9110 section 15.6) that the upstream has not given.
bool is_proxys_own(const ExchangeEnd& upstream, const ExchangeEnd& front);

/// Judges by both ends, and by nothing else. Pure.
Passage passage_of(const ExchangeEnd& upstream, const ExchangeEnd& front);

/// Whether there is something to tell: the answer did not just pass.
bool is_remarkable(const Passed& passed);

}  // namespace closelab::lab
