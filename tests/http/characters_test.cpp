#include "http/characters.h"

#include <doctest/doctest.h>

#include <string>

#include "http/known_field.h"

using namespace closelab::http;

TEST_CASE("plain text ends at the first control character, wherever it stands") {
  for (int byte = 0; byte < 256; ++byte) {
    CAPTURE(byte);
    const bool control = byte < 0x20 || byte == 0x7f;
    int wrong = 0;
    for (std::size_t size = 1; size < 20; ++size) {
      for (std::size_t at = 0; at < size; ++at) {
        std::string text(size, at % 2 == 0 ? ' ' : '\xff');
        text[at] = static_cast<char>(byte);
        if (count_leading_text(text) != (control ? at : size)) ++wrong;
        if (is_field_value(text) != (!control || byte == '\t')) ++wrong;
      }
    }
    CHECK(wrong == 0);
  }
  CHECK(count_leading_text("") == 0);
  CHECK(count_leading_text("01234567\r\r\r\r\r\r\r\r") == 8);
  CHECK(is_field_value(""));
  CHECK_FALSE(is_field_value("a\tb\n"));
}

TEST_CASE("bytes of a class at the beginning") {
  CHECK(count_leading(digit_character, "") == 0);
  CHECK(count_leading(digit_character, "123a4") == 3);
  CHECK(count_leading(digit_character, "123") == 3);
  CHECK(count_leading(token_character, ":") == 0);
}

TEST_CASE("numbers") {
  struct Row {
    std::string_view text;
    std::optional<std::uint16_t> number;
  };
  const Row rows[] = {
      {"0", 0},   {"00065535", 65535}, {"65536", {}}, {"", {}},    {"+1", {}},          {"-1", {}},
      {" 1", {}}, {"1 ", {}},          {"1x", {}},    {"0x1", {}}, {"99999999999", {}}, {"\xb2", {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(parse_decimal<std::uint16_t>(row.text) == row.number);
  }
}

TEST_CASE("fields that the server knows, whatever their case") {
  struct Row {
    std::string_view name;
    KnownField field;
  };
  const Row rows[] = {
      {"connection", KnownField::connection},
      {"Content-Length", KnownField::content_length},
      {"DATE", KnownField::date},
      {"eXPECT", KnownField::expect},
      {"Host", KnownField::host},
      {"Keep-Alive", KnownField::keep_alive},
      {"Transfer-Encoding", KnownField::transfer_encoding},
      {"Upgrade", KnownField::upgrade},
      {"", KnownField::none},
      {"Hosts", KnownField::none},
      {"Hos\xf4", KnownField::none},
      {"Accept", KnownField::none},
      {"User-Agent", KnownField::none},
      {"Content-Lengt\x28", KnownField::none},
      {"Content\rLength", KnownField::none},
      {"Transfer_Encoding", KnownField::none},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK((known_field(row.name) == row.field));
  }
}
