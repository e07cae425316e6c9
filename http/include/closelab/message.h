#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace closelab {

/// The protocol versions that are served (RFC 9112 §2.3); a higher HTTP/1 minor is served as 1.1.
enum class Version : std::uint8_t { http_1_0, http_1_1 };

/// `HTTP/1.1`.
std::string_view to_string(Version version);

/// A version as a request line said it, served or not.
struct VersionNumber {
  /// Major and minor, `3` and `7`; 0 when none was said.
  std::array<char, 2> digits{};

  friend bool operator==(const VersionNumber&, const VersionNumber&) = default;
};

/// `HTTP/3.7`; empty when none was said.
std::string to_string(VersionNumber version);

/// A field line of a response.
struct Field {
  std::string name;
  std::string value;
};

/// A field line as received; the views are valid as long as its message is.
struct FieldView {
  std::string_view name;
  std::string_view value;
};

/// A request message, complete with its body. All views are valid until the request has been answered.
struct RequestMessage {
  std::string_view method;
  /// The request target as received: `/echo?x=1`, `*`, or an absolute URI.
  std::string_view target;
  /// The target's path and query (without `?`), not percent-decoded; path is `/` when the target has none.
  std::string_view path;
  std::string_view query;
  Version version = Version::http_1_1;
  std::vector<FieldView> fields;
  std::string_view body;

  /// The value of the first field line of that name (case-insensitive), if there is one.
  std::optional<std::string_view> field(std::string_view name) const;
};

/// What RFC 9110 §15, RFC 6585, RFC 2518 (102) and RFC 8297 (103) call a status: `Not Found`; empty for a code that
/// they do not define.
std::string_view reason_phrase(int status);

/// Bounds on what a request may hold, and the status that refuses more.
struct HttpLimits {
  /// Request target: 414 (RFC 9110 §15.5.15).
  std::size_t target_bytes = 8 * 1024;
  /// Request line and field lines together, and trailers with chunk framing: 431 (RFC 6585 §5).
  std::size_t header_bytes = 16 * 1024;
  /// Field lines: 431.
  std::size_t header_count = 100;
  /// Request body: 413 (RFC 9110 §15.5.14).
  std::uint64_t body_bytes = 1024 * 1024;
};

std::ostream& operator<<(std::ostream& out, Version version);
std::ostream& operator<<(std::ostream& out, VersionNumber version);

}  // namespace closelab
