#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace closelab::net {

/// TCP_SAVE_SYN: the kernel keeps the headers of the SYN of each connection that this listener accepts. It tells to
/// which of the connections with the same addresses and ports a captured segment belongs. False when it refuses.
bool save_syns(int listener);

/// The client's initial sequence number, from the SYN of an accepted connection; the kernel's copy is freed. Empty when
/// it has none: a connection made by a SYN cookie, or a listener without save_syns().
std::optional<std::uint32_t> client_initial_sequence(int fd);

/// The sequence number in the IP and TCP headers of a SYN; empty when they are not understood.
std::optional<std::uint32_t> sequence_in_headers(std::span<const std::uint8_t> headers);

}  // namespace closelab::net
