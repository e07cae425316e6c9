#include "tests/kernel/endings.h"

namespace closelab::kernel_test {

std::string get(std::string_view path, std::string_view fields) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: lab\r\n" + std::string(fields) + "\r\n";
}

}  // namespace closelab::kernel_test
