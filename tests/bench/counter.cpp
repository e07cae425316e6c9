// Runs a server and counts, while it is told to, the system calls of all its threads and processes, or the instructions
// that they execute outside the kernel, by ptrace(2): that needs no tool, and no privilege for one's own children.
//
//   bench_counter calls|instructions COMMAND...
//
// SIGUSR1 begins, which "counting" on standard output confirms; the next one ends, and the counts follow as a line of
// JSON. SIGTERM goes to the server, with which this program ends.

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <string_view>

// Not <linux/ptrace.h>, which collides with <sys/ptrace.h>: of its ptrace_syscall_info this is what is looked at.
struct SyscallInfo {
  std::uint8_t op;
  std::uint8_t padding[3];
  std::uint32_t architecture;
  std::uint64_t instruction_pointer;
  std::uint64_t stack_pointer;
  std::uint64_t number;
  std::uint64_t arguments[6];
};

namespace closelab::bench {
namespace {

volatile sig_atomic_t told = 0;
volatile sig_atomic_t terminate = 0;

std::string name_of(std::uint64_t call) {
  static const std::map<std::uint64_t, std::string_view> names{
      {SYS_accept4, "accept4"},
      {SYS_recvfrom, "recv"},
      {SYS_recvmsg, "recvmsg"},
      {SYS_recvmmsg, "recvmmsg"},
      {SYS_sendto, "send"},
      {SYS_sendmsg, "sendmsg"},
      {SYS_read, "read"},
      {SYS_write, "write"},
      {SYS_writev, "writev"},
      {SYS_epoll_ctl, "epoll_ctl"},
      {SYS_epoll_pwait, "epoll_wait"},
      {SYS_close, "close"},
      {SYS_getsockopt, "getsockopt"},
      {SYS_setsockopt, "setsockopt"},
      {SYS_getsockname, "getsockname"},
      {SYS_getpeername, "getpeername"},
      {SYS_shutdown, "shutdown"},
      {SYS_connect, "connect"},
      {SYS_ioctl, "ioctl"},
      {SYS_futex, "futex"},
      {SYS_timerfd_settime, "timerfd_settime"},
#ifdef SYS_epoll_wait
      {SYS_epoll_wait, "epoll_wait"},
#endif
  };
  const auto found = names.find(call);
  return found != names.end() ? std::string(found->second) : "call " + std::to_string(call);
}

class Counter {
 public:
  Counter(pid_t server, bool steps) : server_(server), steps_(steps) {}

  void begin() {
    add(server_);
    std::puts("counting");
    std::fflush(stdout);
  }

  /// Until told to end, or the server has. A signal may come right before waitpid(), so that it is interrupted again
  /// and again.
  void count() {
    while (told == 1 && !tracees_.empty()) {
      if (terminate) ::kill(server_, SIGTERM);
      next();
    }
    for (const pid_t tracee : tracees_) ::ptrace(PTRACE_INTERRUPT, tracee, nullptr, nullptr);
    while (!tracees_.empty()) next();
  }

  void print() const {
    std::printf(R"({"instructions":%lu,"calls":{)", instructions_);
    const char* comma = "";
    for (const auto& [name, count] : calls_) {
      std::printf("%s\"%s\":%lu", comma, name.c_str(), count);
      comma = ",";
    }
    std::puts("}}");
    std::fflush(stdout);
  }

  bool is_over() const { return over_; }

 private:
  /// A process, its threads and its children.
  void add(pid_t process) {
    for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
      const pid_t thread = std::atoi(task.path().filename().c_str());
      if (::ptrace(PTRACE_SEIZE, thread, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE) != 0) continue;
      ::ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr);
      tracees_.insert(thread);
      std::ifstream children(task.path() / "children");
      for (pid_t child = 0; children >> child;) add(child);
    }
  }

  void next() {
    int status = 0;
    const pid_t thread = ::waitpid(-1, &status, __WALL);
    if (thread < 0) {
      if (errno == ECHILD) tracees_.clear();
      return;
    }
    if (!WIFSTOPPED(status)) {
      tracees_.erase(thread);
      over_ = over_ || thread == server_;
      return;
    }
    tracees_.insert(thread);
    go_on(thread, signal_to_deliver(thread, status));
  }

  int signal_to_deliver(pid_t thread, int status) {
    const int signal = WSTOPSIG(status);
    if (signal == (SIGTRAP | 0x80)) {
      note_call(thread);
      return 0;
    }
    if ((status >> 16) != 0) return 0;
    if (signal != SIGTRAP) return signal;
    ++instructions_;
    return 0;
  }

  void note_call(pid_t thread) {
    SyscallInfo info{};
    constexpr std::uint8_t entry = 1;
    if (::ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) > 0 && info.op == entry) {
      ++calls_[name_of(info.number)];
    }
  }

  void go_on(pid_t thread, int signal) {
    if (told != 1) {
      ::ptrace(PTRACE_DETACH, thread, nullptr, signal);
      tracees_.erase(thread);
    } else {
      ::ptrace(steps_ ? PTRACE_SINGLESTEP : PTRACE_SYSCALL, thread, nullptr, signal);
    }
  }

  const pid_t server_;
  const bool steps_;
  bool over_ = false;
  std::set<pid_t> tracees_;
  std::uint64_t instructions_ = 0;
  std::map<std::string, std::uint64_t> calls_;
};

void on_signal(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;  // without SA_RESTART
  ::sigaction(signal, &action, nullptr);
}

void wake_up_often() {
  on_signal(SIGUSR1, [](int) { told = told + 1; });
  on_signal(SIGTERM, [](int) { terminate = 1; });
  on_signal(SIGALRM, [](int) {});
  const itimerval often{.it_interval = {.tv_sec = 0, .tv_usec = 10'000}, .it_value = {.tv_sec = 0, .tv_usec = 10'000}};
  ::setitimer(ITIMER_REAL, &often, nullptr);
}

int run(bool steps, char** command) {
  const pid_t server = ::fork();
  if (server == 0) {
    ::execvp(command[0], command);
    ::_exit(127);
  }
  wake_up_often();
  bool over = false;
  while (!over) {
    if (terminate) ::kill(server, SIGTERM);
    if (told == 1) {
      Counter counter(server, steps);
      counter.begin();
      counter.count();
      counter.print();
      over = counter.is_over();
    } else {
      over = ::waitpid(server, nullptr, 0) == server;
    }
  }
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace closelab::bench

int main(int count, char** arguments) {
  if (count < 3) return EXIT_FAILURE;
  return closelab::bench::run(std::string_view(arguments[1]) == "instructions", arguments + 2);
}
