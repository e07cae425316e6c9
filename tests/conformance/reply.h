#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace closelab::conformance {

/// Whether the response that is awaited has a body on the wire, which its head alone can't say (RFC 9112 §6.3).
enum class RequestMethod { head, other };

/// A response, read as strictly as RFC 9112 §4 to §7 allow a server to write it.
struct Reply {
  enum class State { incomplete, complete, malformed };
  State state = State::incomplete;
  /// What is malformed.
  std::string fault;
  int status = 0;
  /// By lower-case name.
  std::map<std::string, std::string> fields;
  std::string body;
  /// The bytes of all that.
  std::size_t size = 0;

  bool has(const std::string& name) const { return fields.contains(name); }
  bool says_close() const;
};

/// The response at the beginning of `bytes`. `at_end`: none will follow, so that a body without a length ends here.
Reply read_reply(std::string_view bytes, RequestMethod method, bool at_end);

}  // namespace closelab::conformance
