// Has what the flags protect: an array on the stack, and a copy whose length only its caller knows.

#include <cstdio>
#include <cstdlib>
#include <cstring>

int main(int count, char** arguments) {
  char buffer[64];
  std::size_t length = 0;
  for (int i = 0; i < count; ++i) {
    length = std::strlen(arguments[i]);
    std::memcpy(buffer, arguments[i], length);
    if (std::fwrite(buffer, 1, length, stdout) != length) return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
