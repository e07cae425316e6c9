#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace closelab::persona_test {

/// A response as far as it came. Head fields that name the software, the time or the content don't count here.
struct Answer {
  int status = 0;
  bool complete = false;
  /// The values of Connection and Keep-Alive in lower case, `keep-alive; timeout=5, max=100`; `-` for none.
  std::string persistence = "-";
  /// After it no other answer can come.
  bool closes = false;
};

/// The answers that the bytes hold, the last one perhaps cut short. `ended`: no more bytes will come.
std::vector<Answer> parse_answers(std::string_view bytes, bool ended);

}  // namespace closelab::persona_test
