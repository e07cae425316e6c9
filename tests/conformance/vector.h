#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace closelab::conformance {

/// One line of a vector's script, carried out in order.
struct Step {
  enum class Kind {
    send,    ///< `text` goes out
    fin,     ///< our side half-closes
    reset,   ///< our side resets; the last step
    reply,   ///< `count` responses with `status` must come; see `text`
    kept,    ///< nothing more came, and the connection answers another request
    closed,  ///< nothing more came but the server's FIN; with `text` "idle" not announced by the reply before
  };
  Kind kind = Kind::send;
  /// For a reply: what the server must have understood, `METHOD TARGET` and, after a space, the body; of a refused
  /// request at most `HEAD`, which has no body on the wire. Empty: not looked at.
  std::string text{};
  int status = 0;
  std::size_t count = 1;
};

/// What RFC 9112 would also allow: the final statuses, and what becomes of the connection.
struct Alternative {
  std::vector<int> statuses;
  bool kept = false;
};

/// A raw request, or several, and what closelab does with it.
struct Vector {
  std::string id;
  /// `host.txt:12`.
  std::string place;
  /// `RFC 9112 §3.2, MUST`.
  std::string rule;
  std::string why;
  std::vector<Step> steps;
  std::vector<Alternative> alternatives;
};

/// Reads a file of vectors; README.md in this folder describes the format. Throws std::runtime_error with file, line
/// and what is wrong there.
std::vector<Vector> load_vectors(const std::string& path);

/// All bytes that the script sends.
std::string bytes_of(const Vector& vector);

/// In printable ASCII, as the files write it.
std::string escaped(std::string_view bytes);

}  // namespace closelab::conformance
