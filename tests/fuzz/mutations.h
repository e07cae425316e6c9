// Inputs that resemble others: for builds whose compiler has no libFuzzer. It does not know what an input reaches, so
// that it finds less; `./check fuzz` does.

#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace closelab::fuzz {

class Mutations {
 public:
  Mutations(std::vector<std::string> inputs, std::uint32_t seed) : inputs_(std::move(inputs)), random_(seed) {}

  /// One of the inputs with one to four changes.
  std::string next() {
    std::string input = any();
    for (std::size_t left = 1 + below(4); left > 0; --left) change(input);
    input.resize(std::min(input.size(), longest));
    return input;
  }

 private:
  static constexpr std::size_t longest = 16384;

  std::size_t below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, std::max<std::size_t>(bound, 1) - 1)(random_);
  }

  const std::string& any() { return inputs_[below(inputs_.size())]; }

  /// One that parsers care about, or any.
  char byte() {
    static constexpr char special[] = "\0\t\n\r \"#%&'()*,-./0129:;<=>?@[\\]_`{|}~\x7f\x80\xff";
    return below(2) == 0 ? special[below(sizeof special - 1)] : static_cast<char>(below(256));
  }

  void change(std::string& input) {
    const std::size_t at = below(input.size() + 1);
    const std::size_t length = below(std::min<std::size_t>(input.size() - at, 64) + 1);
    switch (below(6)) {
      case 0:
        if (at < input.size()) input[at] = byte();
        return;
      case 1:
        input.insert(at, 1 + below(3), byte());
        return;
      case 2:
        input.erase(at, length);
        return;
      case 3:
        input.insert(at, std::string(input, at, length));
        return;
      case 4:
        input.resize(at);
        return;
      default:
        const std::string& other = any();
        const std::size_t from = below(other.size() + 1);
        input.insert(at, other, from, below(256));
        return;
    }
  }

  const std::vector<std::string> inputs_;
  std::mt19937 random_;
};

}  // namespace closelab::fuzz
