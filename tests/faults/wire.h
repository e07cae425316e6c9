#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/faults/cell.h"

namespace closelab::faults {

/// What the server may send, byte for byte, but for the date, which is always the same here.
std::string with_one_date(std::string bytes);

/// `body` bytes of a body that is promised to have `length`; `connection` is a field line.
std::string response(std::string_view connection = "", std::size_t length = response_body_bytes,
                     std::size_t body = response_body_bytes);
std::string answer(std::string_view connection = "");
std::string interim();
std::string proceed();

constexpr std::string_view says_close = "Connection: close\r\n";

/// What a client has of one response.
struct Part {
  bool head = false;
  /// By the head's Content-Length.
  std::uint64_t promised = 0;
  std::uint64_t body = 0;
};

/// The responses among the bytes, where no rule has said anything.
std::array<Part, 2> parts_of(std::string_view bytes);
/// Where the body of the first response begins, and where the second response does.
std::size_t first_body(std::string_view bytes);
std::size_t second_response(std::string_view bytes);

/// What the bytes are, in a few words: `head + 100 bytes, sent, 200 bytes, 2nd`.
std::string words_for(std::string_view bytes);

}  // namespace closelab::faults
