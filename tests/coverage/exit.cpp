// Only in the preset coverage, in place of the C library's: a process that ends by _exit() or _Exit() leaves its counts
// as well. One that a signal kills leaves none.
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>

extern "C" {
void __gcov_dump();  // libgcov's

void _exit(int status) {
  __gcov_dump();
  for (;;) ::syscall(SYS_exit_group, status);
}

void _Exit(int status) noexcept { _exit(status); }
}
