// What fuzz targets share. A target is a file that defines try_input(); linked with libfuzzer.cpp it is a fuzzer, with
// replay.cpp a program that tries files.

#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace closelab::fuzz {

/// Does with the input what a program does with a peer's or a user's bytes. Whatever the bytes are, it returns.
void try_input(std::string_view input);

/// An invariant. Where it is broken the program is aborted, so that the fuzzer keeps the input.
inline void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken invariant: %s\n", what);
  std::abort();
}

/// The text of an error: one line or more, which can neither steer a terminal nor be empty.
inline void expect_error_text(std::string_view text) {
  expect(!text.empty(), "an error has a text");
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    expect(byte == '\n' || (byte >= 0x20 && byte != 0x7f), "the text of an error has no control characters");
  }
}

}  // namespace closelab::fuzz
