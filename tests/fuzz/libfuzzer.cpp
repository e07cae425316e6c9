// The entry that libFuzzer calls: https://llvm.org/docs/LibFuzzer.html.

#include <cstddef>
#include <cstdint>

#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  closelab::fuzz::try_input({reinterpret_cast<const char*>(data), size});
  return 0;
}
