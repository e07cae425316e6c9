#include "net/testbed/network.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <stdexcept>

#include "net/testbed/failed_call.h"
#include "net/testbed/interface.h"

namespace closelab::testbed {
namespace {

constexpr const char* own_namespace = "/proc/thread-self/ns/net";

void write_file(const std::string& path, std::string_view text) {
  std::ofstream file(path);
  file << text << std::flush;
  if (!file) fail("writing " + path);
}

void unshare_user_and_network() {
  const std::string uid = std::to_string(::geteuid());
  const std::string gid = std::to_string(::getegid());
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0) {
    write_file("/proc/self/setgroups", "deny");
    write_file("/proc/self/uid_map", "0 " + uid + " 1");
    write_file("/proc/self/gid_map", "0 " + gid + " 1");
    return;
  }
  if (::unshare(CLONE_NEWNET) != 0) fail("a network namespace (unshare)");  // root needs no user namespace
}

}  // namespace

void enter_private_network() {
  unshare_user_and_network();
  Interface("lo").bring_up();
}

void enter_private_processes() {
  if (::unshare(CLONE_NEWPID) != 0) fail("a process namespace (unshare)");
  const pid_t child = ::fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    return;
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) ::kill(::getpid(), WTERMSIG(status));
  ::_exit(WEXITSTATUS(status));
}

void set_ipv4_sysctl(std::string_view name, std::string_view value) {
  std::ofstream file("/proc/sys/net/ipv4/" + std::string(name));
  file << value << std::flush;
  if (!file) throw std::runtime_error("the kernel refuses net.ipv4." + std::string(name) + " = " + std::string(value));
}

std::string ipv4_sysctl(std::string_view name) {
  std::ifstream file("/proc/sys/net/ipv4/" + std::string(name));
  std::string value;
  std::getline(file, value);
  std::ranges::replace(value, '\t', ' ');
  return value;
}

Host Host::current() {
  net::UniqueFd fd(::open(own_namespace, O_RDONLY | O_CLOEXEC));
  if (!fd) fail(own_namespace);
  return Host(std::move(fd));
}

Host Host::create() {
  if (::unshare(CLONE_NEWNET) != 0) fail("a second network namespace (unshare)");
  Interface("lo").bring_up();
  return current();
}

void Host::enter() const {
  if (::setns(fd_.get(), CLONE_NEWNET) != 0) fail("setns");
}

}  // namespace closelab::testbed
