#include "net/kernel/netlink_request.h"

#include <linux/netlink.h>

#include <cstring>

namespace closelab::net {

NetlinkRequest::NetlinkRequest(std::uint16_t type, std::uint16_t flags, std::uint32_t sequence) {
  nlmsghdr header{};
  header.nlmsg_type = type;
  header.nlmsg_flags = flags;
  header.nlmsg_seq = sequence;
  add(header);
}

void NetlinkRequest::append(std::span<const std::byte> value) {
  bytes_.insert(bytes_.end(), value.begin(), value.end());
  bytes_.resize(NLMSG_ALIGN(bytes_.size()));
}

/// The length in an attribute's header leaves out the padding.
void NetlinkRequest::add_attribute(std::uint16_t type, std::span<const std::byte> value) {
  nlattr header{};
  header.nla_type = type;
  header.nla_len = static_cast<std::uint16_t>(NLA_HDRLEN + value.size());
  add(header);
  append(value);
}

void NetlinkRequest::add_attribute(std::uint16_t type, std::string_view text) {
  std::vector<std::byte> value(text.size() + 1);
  std::memcpy(value.data(), text.data(), text.size());
  add_attribute(type, value);
}

std::size_t NetlinkRequest::begin_nest(std::uint16_t type) {
  const std::size_t nest = bytes_.size();
  add_attribute(static_cast<std::uint16_t>(type | NLA_F_NESTED), std::span<const std::byte>{});
  return nest;
}

void NetlinkRequest::end_nest(std::size_t nest) {
  const auto length = static_cast<std::uint16_t>(bytes_.size() - nest);
  std::memcpy(bytes_.data() + nest + offsetof(nlattr, nla_len), &length, sizeof length);
}

std::span<const std::byte> NetlinkRequest::bytes() {
  const auto length = static_cast<std::uint32_t>(bytes_.size());
  std::memcpy(bytes_.data() + offsetof(nlmsghdr, nlmsg_len), &length, sizeof length);
  return bytes_;
}

}  // namespace closelab::net
