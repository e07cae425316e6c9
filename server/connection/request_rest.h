#pragma once

#include <cstdint>
#include <string_view>

#include "http/request_parser.h"

namespace closelab::server {

/// What still comes of a request that is not read to its end, and whether a further one comes after it.
class RequestRest {
 public:
  RequestRest() = default;
  explicit RequestRest(http::MessageRest rest) : rest_(rest) {}

  enum class Further : std::uint8_t {
    none,
    perhaps,  ///< nothing tells where the rest ends
    request,  ///< what came is not of the rest
  };
  /// The next bytes. Empty lines, which old clients send after a body, are no request.
  Further take(std::string_view bytes);
  /// So many bytes that nobody has looked at.
  Further take_unseen(std::uint64_t bytes) const;

 private:
  std::string_view without_rest(std::string_view bytes);

  http::MessageRest rest_;
  /// Nothing has come of the line that the next byte belongs to, as far as that is known.
  bool line_begins_ = true;
};

}  // namespace closelab::server
