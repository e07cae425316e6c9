#pragma once

#include <cstdint>
#include <string_view>

#include "http/characters.h"

namespace closelab::http {

/// The fields that mean something to a server, whatever the message is about.
enum class KnownField : std::uint8_t {
  none,
  connection,
  content_length,
  date,
  expect,
  host,
  keep_alive,
  transfer_encoding,
  upgrade,
};

/// Which of them has that name, in any case (RFC 9110 §5.1). Most names are told apart by their length alone.
constexpr KnownField known_field(std::string_view name) {
  const auto is_name = [name](std::string_view known) { return equals_ignoring_case(name, known); };
  switch (name.size()) {
    case 4:
      return is_name("host") ? KnownField::host : is_name("date") ? KnownField::date : KnownField::none;
    case 6:
      return is_name("expect") ? KnownField::expect : KnownField::none;
    case 7:
      return is_name("upgrade") ? KnownField::upgrade : KnownField::none;
    case 10:
      if (is_name("connection")) return KnownField::connection;
      return is_name("keep-alive") ? KnownField::keep_alive : KnownField::none;
    case 14:
      return is_name("content-length") ? KnownField::content_length : KnownField::none;
    case 17:
      return is_name("transfer-encoding") ? KnownField::transfer_encoding : KnownField::none;
    default:
      return KnownField::none;
  }
}

}  // namespace closelab::http
