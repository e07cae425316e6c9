#include "closelab/message.h"

#include <algorithm>
#include <array>
#include <ostream>

#include "http/characters.h"

namespace closelab {
namespace {

struct Reason {
  int status;
  std::string_view phrase;
};

// RFC 9110 §15, without 306 and 418, which it reserves unnamed; 102 is RFC 2518's, 103 RFC 8297's, and 428, 429, 431
// and 511 are RFC 6585's.
constexpr auto reasons = std::to_array<Reason>({
    {100, "Continue"},
    {101, "Switching Protocols"},
    {102, "Processing"},
    {103, "Early Hints"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {305, "Use Proxy"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {511, "Network Authentication Required"},
});

static_assert(std::ranges::is_sorted(reasons, {}, &Reason::status));

// By status.
constexpr auto phrases = [] {
  std::array<std::string_view, reasons.back().status + 1> table{};
  for (const Reason& reason : reasons) table[static_cast<std::size_t>(reason.status)] = reason.phrase;
  return table;
}();

}  // namespace

std::string_view to_string(Version version) { return version == Version::http_1_0 ? "HTTP/1.0" : "HTTP/1.1"; }

std::string to_string(VersionNumber version) {
  const auto [major, minor] = version.digits;
  if (major == 0) return {};
  return {'H', 'T', 'T', 'P', '/', major, '.', minor};
}

std::ostream& operator<<(std::ostream& out, Version version) { return out << to_string(version); }
std::ostream& operator<<(std::ostream& out, VersionNumber version) { return out << to_string(version); }

std::optional<std::string_view> RequestMessage::field(std::string_view name) const {
  const auto found = std::ranges::find_if(
      fields, [name](const FieldView& field) { return http::equals_ignoring_case(field.name, name); });
  if (found == fields.end()) return std::nullopt;
  return found->value;
}

std::string_view reason_phrase(int status) {
  const bool known = status >= 0 && static_cast<std::size_t>(status) < phrases.size();
  return known ? phrases[static_cast<std::size_t>(status)] : std::string_view{};
}

}  // namespace closelab
