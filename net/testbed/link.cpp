#include "net/testbed/link.h"

#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <span>

#include "net/kernel/netlink_request.h"
#include "net/testbed/failed_call.h"
#include "net/testbed/interface.h"

namespace closelab::testbed {
namespace {

constexpr const char* tun_device = "/dev/net/tun";
/// What may wait for the relay, as much as in a FrameRing; the default is 500.
constexpr std::uint32_t tun_packets = 8192;

/// Every host's. Without ARP, Linux addresses frames to the sender's own hardware address; as it is the receiver's,
/// too, they arrive, and the relay need not change them. The wire's end has another and takes none for itself.
constexpr std::array<unsigned char, ETH_ALEN> hardware_address{0x02, 0, 0, 0, 0, 1};  // locally administered

/// Sends it and waits for the kernel's answer: an error, which of an ACK is 0.
void ask_kernel(std::span<const std::byte> request, const std::string& what) {
  const net::UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  struct {
    nlmsghdr header;
    nlmsgerr error;
    std::array<char, 8192> rest;
  } answer{};
  if (::send(socket.get(), request.data(), request.size(), 0) < 0) fail(what);
  if (::recv(socket.get(), &answer, sizeof answer, 0) < 0) fail(what);
  errno = answer.header.nlmsg_type == NLMSG_ERROR ? -answer.error.error : EBADMSG;
  if (errno != 0) fail(what);
}

/// How many packets wait before one is lost. ioctl() allows that to the machine's root only.
void set_queue(int interface, std::uint32_t packets) {
  net::NetlinkRequest request(RTM_SETLINK, NLM_F_REQUEST | NLM_F_ACK, 0);
  ifinfomsg which{};
  which.ifi_index = interface;
  request.add(which);
  request.add_attribute(IFLA_TXQLEN, std::as_bytes(std::span(&packets, 1)));
  ask_kernel(request.bytes(), "the length of an interface's queue");
}

Wire make_tun(const LinkOptions& options) {
  net::UniqueFd fd(::open(tun_device, O_RDWR | O_CLOEXEC | O_NONBLOCK));
  if (!fd) fail(tun_device);
  ifreq request{};
  options.name.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (::ioctl(fd.get(), TUNSETIFF, &request) != 0) fail("making the interface " + options.name);
  Interface host(options.name);
  host.set_address(options.own_address);
  host.set_peer_address(options.peer_address);
  host.set_mtu(options.mtu);
  set_queue(host.index(), tun_packets);
  host.bring_up();
  return Wire(std::move(fd));
}

void add_pair(const std::string& host, const std::string& wire) {
  net::NetlinkRequest request(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, 0);
  request.add(ifinfomsg{});
  request.add_attribute(IFLA_IFNAME, host);
  request.add_attribute(IFLA_ADDRESS, std::as_bytes(std::span(hardware_address)));
  const std::size_t information = request.begin_nest(IFLA_LINKINFO);
  request.add_attribute(IFLA_INFO_KIND, "veth");
  const std::size_t data = request.begin_nest(IFLA_INFO_DATA);
  const std::size_t peer = request.begin_nest(VETH_INFO_PEER);
  request.add(ifinfomsg{});
  request.add_attribute(IFLA_IFNAME, wire);
  request.end_nest(peer);
  request.end_nest(data);
  request.end_nest(information);
  ask_kernel(request.bytes(), "making the pair of interfaces " + host + " and " + wire);
}

/// Takes and sends IPv4 frames of the interface.
Wire open_frames(int interface, int mtu) {
  net::UniqueFd fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (!fd) fail("a packet socket, which joins two hosts");
  FrameRing ring(fd.get(), ETH_HLEN + static_cast<std::size_t>(mtu));
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_IP);
  address.sll_ifindex = interface;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("binding to frames");
  return {std::move(fd), std::move(ring)};
}

Wire make_veth(const LinkOptions& options) {
  const std::string wire_name = options.name + "-wire";
  add_pair(options.name, wire_name);
  Interface wire(wire_name);
  wire.set_mtu(options.mtu);
  wire.bring_up(IFF_NOARP);
  Interface host(options.name);
  host.set_mtu(options.mtu);
  host.disable_checksum_offload();
  host.set_address(options.own_address);
  host.bring_up(IFF_NOARP);
  return open_frames(wire.index(), options.mtu);
}

}  // namespace

LinkKind allowed_link() {
  const net::UniqueFd fd(::open(tun_device, O_RDWR | O_CLOEXEC));
  return fd ? LinkKind::tun : LinkKind::veth;
}

Wire make_link(LinkKind kind, const LinkOptions& options) {
  return kind == LinkKind::tun ? make_tun(options) : make_veth(options);
}

}  // namespace closelab::testbed
