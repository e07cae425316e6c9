#include "net/capture/pcapng.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <system_error>

#include "net/socket/unique_fd.h"

namespace closelab::capture {
namespace {

constexpr std::uint32_t section_header = 0x0a0d0d0a;
constexpr std::uint32_t interface_description = 1;
constexpr std::uint32_t enhanced_packet = 6;
constexpr std::uint32_t byte_order_magic = 0x1a2b3c4d;
constexpr std::uint16_t opt_comment = 1;
constexpr std::uint16_t shb_userappl = 4;
constexpr std::uint16_t if_tsresol = 9;
/// A negative power of ten: nanoseconds.
constexpr char nanoseconds = 9;
constexpr std::size_t longest_option = 0xffff;

template <class Number>
void put(std::string& to, Number number) {
  char bytes[sizeof number];
  std::memcpy(bytes, &number, sizeof number);
  to.append(bytes, sizeof number);
}

void pad(std::string& to) { to.append((4 - to.size() % 4) % 4, '\0'); }

void put_option(std::string& to, std::uint16_t code, std::string_view value) {
  value = value.substr(0, longest_option);
  put(to, code);
  put(to, static_cast<std::uint16_t>(value.size()));
  to += value;
  pad(to);
}

void end_options(std::string& to) { put(to, std::uint32_t{0}); }

/// A block's length stands before and after its body.
std::string block(std::uint32_t type, std::string_view body) {
  std::string result;
  const auto length = static_cast<std::uint32_t>(body.size() + 3 * sizeof(std::uint32_t));
  put(result, type);
  put(result, length);
  result += body;
  put(result, length);
  return result;
}

}  // namespace

std::string pcapng_header(LinkType link, std::string_view application) {
  std::string section;
  put(section, byte_order_magic);
  put(section, std::uint16_t{1});  // version 1.0
  put(section, std::uint16_t{0});
  put(section, std::int64_t{-1});  // the section's length is not known
  put_option(section, shb_userappl, application);
  end_options(section);

  std::string interface;
  put(interface, static_cast<std::uint16_t>(link));
  put(interface, std::uint16_t{0});
  put(interface, std::uint32_t{0});  // no limit to a packet's bytes
  put_option(interface, if_tsresol, {&nanoseconds, 1});
  end_options(interface);
  return block(section_header, section) + block(interface_description, interface);
}

std::string pcapng_block(const PcapngPacket& packet) {
  const auto time = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(packet.at.time_since_epoch()).count());
  std::string body;
  put(body, std::uint32_t{0});  // the interface that pcapng_header() described
  put(body, static_cast<std::uint32_t>(time >> 32U));
  put(body, static_cast<std::uint32_t>(time));
  put(body, static_cast<std::uint32_t>(packet.bytes.size()));
  put(body, packet.original_size);
  std::ranges::transform(packet.bytes, std::back_inserter(body),
                         [](std::uint8_t byte) { return static_cast<char>(byte); });
  pad(body);
  for (const std::string& comment : packet.comments) put_option(body, opt_comment, comment);
  if (!packet.comments.empty()) end_options(body);
  return block(enhanced_packet, body);
}

namespace {

void require(bool condition, const std::string& path) {
  if (!condition) throw std::system_error(errno, std::generic_category(), "writing " + path);
}

}  // namespace

net::UniqueFd open_private_file(const std::string& path) {
  net::UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
  require(static_cast<bool>(file), path);
  return file;
}

void write_private_file(const net::UniqueFd& file, const std::string& path, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    require(written >= 0 || errno == EINTR, path);
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void write_private_file(const std::string& path, std::string_view bytes) {
  write_private_file(open_private_file(path), path, bytes);
}

}  // namespace closelab::capture
