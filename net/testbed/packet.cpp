#include "net/testbed/packet.h"

#include <array>
#include <iomanip>
#include <ostream>
#include <string>

namespace closelab::testbed {
namespace {

std::string flag_letters(const Packet& packet) {
  std::string names;
  if (packet.has(syn)) names += 'S';
  if (packet.has(fin)) names += 'F';
  if (packet.has(rst)) names += 'R';
  if (packet.has(psh)) names += 'P';
  if (packet.has(ack)) names += '.';
  return names;
}

}  // namespace

std::string flag_names(const Packet& packet) {
  std::string names;
  const auto add = [&](Flag flag, const char* name) {
    if (packet.has(flag)) names += (names.empty() ? "" : ", ") + std::string(name);
  };
  add(syn, "SYN");
  add(fin, "FIN");
  add(rst, "RST");
  add(ack, "ACK");
  return names;
}

std::ostream& operator<<(std::ostream& out, std::span<const Packet> packets) {
  std::array<std::uint32_t, 2> first{};  // by the client, by the server
  for (auto packet = packets.rbegin(); packet != packets.rend(); ++packet) {
    first[packet->from == Side::server] = packet->sequence;
  }
  for (const Packet& packet : packets) {
    const bool from_server = packet.from == Side::server;
    const double at = static_cast<double>((packet.at - packets.front().at).count()) / 1e6;
    out << "  " << std::fixed << std::setprecision(3) << std::setw(9) << at << " ms  "
        << (from_server ? "       <- server" : "client ->       ") << "  " << std::setw(3) << flag_letters(packet)
        << "  seq " << packet.sequence - first[from_server];
    if (packet.has(ack)) out << "  ack " << packet.acknowledgement - first[!from_server];
    out << "  win " << packet.window << "  len " << packet.payload << '\n';
  }
  return out;
}

}  // namespace closelab::testbed
