#include "net/kernel/diag_filter.h"

#include <linux/inet_diag.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstring>

#include "net/socket/socket_address.h"

namespace closelab::net {
namespace {

constexpr int any_port = -1;

/// One end against a port and an address.
struct Condition {
  unsigned char code;  // INET_DIAG_BC_S_COND: the local end; INET_DIAG_BC_D_COND: the remote one
  int port = any_port;
  AddressRange range{};
};

std::size_t address_bytes(AddressFamily family) {
  if (family == AddressFamily::unspecified) return 0;
  return family == AddressFamily::ipv4 ? 4 : 16;
}

std::uint8_t kernel_family(AddressFamily family) {
  if (family == AddressFamily::unspecified) return AF_UNSPEC;
  return family == AddressFamily::ipv4 ? AF_INET : AF_INET6;
}

/// Each operation says how many bytes it is to the next one, if it holds and if not. Reaching the end takes the
/// socket, jumping 4 bytes past it refuses it.
class Program {
 public:
  void require(const Condition& condition) {
    refusals_.push_back(bytes_.size());
    append(condition);
  }

  /// The kernel wants each target to be on the path of those that hold; hence a jump over the second, as ss has it.
  void require_either(const Condition& first, const Condition& second) {
    const std::size_t begin = bytes_.size();
    append(first);
    const std::size_t jump = bytes_.size();
    append(inet_diag_bc_op{.code = INET_DIAG_BC_JMP, .yes = sizeof(inet_diag_bc_op), .no = 0});
    set_no(begin, bytes_.size());
    require(second);
    set_no(jump, bytes_.size());
  }

  std::vector<std::byte> finish() {
    for (const std::size_t operation : refusals_) set_no(operation, bytes_.size() + 4);
    return bytes_;
  }

 private:
  template <class Value>
  void append(const Value& value) {
    const auto* begin = reinterpret_cast<const std::byte*>(&value);
    bytes_.insert(bytes_.end(), begin, begin + sizeof value);
  }

  void append(const Condition& condition) {
    const AddressRange range = without_mapping(condition.range);
    const std::size_t address = address_bytes(range.address.family);
    const std::size_t size = sizeof(inet_diag_bc_op) + sizeof(inet_diag_hostcond) + address;
    append(inet_diag_bc_op{.code = condition.code, .yes = static_cast<unsigned char>(size), .no = 0});
    append(inet_diag_hostcond{.family = kernel_family(range.address.family),
                              .prefix_len = static_cast<std::uint8_t>(range.prefix_length),
                              .port = condition.port});
    const auto* begin = reinterpret_cast<const std::byte*>(range.address.address.data());
    bytes_.insert(bytes_.end(), begin, begin + address);
  }

  void set_no(std::size_t operation, std::size_t target) {
    const auto distance = static_cast<std::uint16_t>(target - operation);
    std::memcpy(bytes_.data() + operation + offsetof(inet_diag_bc_op, no), &distance, sizeof distance);
  }

  std::vector<std::byte> bytes_;
  std::vector<std::size_t> refusals_;
};

}  // namespace

AddressRange without_mapping(const AddressRange& range) {
  if (!is_v4_mapped(range.address) || range.prefix_length < 96) return range;
  return {.address = without_mapping(range.address), .prefix_length = range.prefix_length - 96};
}

std::vector<std::byte> compile(const TcpFilter& filter) {
  Program program;
  if (filter.port) {
    program.require_either({INET_DIAG_BC_S_COND, *filter.port}, {INET_DIAG_BC_D_COND, *filter.port});
  }
  if (filter.local_port) program.require({INET_DIAG_BC_S_COND, *filter.local_port});
  if (filter.local) program.require({INET_DIAG_BC_S_COND, any_port, *filter.local});
  if (filter.peer) program.require({INET_DIAG_BC_D_COND, any_port, *filter.peer});
  return program.finish();
}

}  // namespace closelab::net
