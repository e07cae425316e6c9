#include "server/lab/packets/packet_log.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <utility>

#include "net/capture/filter.h"
#include "net/capture/frame.h"
#include "net/socket/socket_address.h"
#include "server/lab/packets/comments.h"

namespace closelab::lab {
namespace {

using server::Rung;
using server::RungKind;
using Clock = std::chrono::system_clock;

// Every header, and what a request and a response begin with.
constexpr std::uint32_t snapshot_bytes = 256;
constexpr std::size_t kernel_bytes = std::size_t{8} * 1024 * 1024;
constexpr std::size_t most_bytes = std::size_t{64} * 1024 * 1024;
constexpr std::chrono::milliseconds pause{20};

/// The client's end of a packet, as it travels: what tells connections of one server apart.
using Client = std::tuple<std::array<std::uint8_t, 16>, std::uint16_t>;

Client client_of(Endpoint client) {
  client = net::without_mapping(client);
  return {client.address, client.port};
}

bool is_from_server(const LoggedPacket& packet, std::uint16_t port) { return packet.seen->source.port == port; }

/// Packets of one connection, by their places among all.
struct Conversation {
  Clock::time_point since;
  std::vector<std::size_t> packets{};
};

/// A client's port may be used again: a SYN begins another conversation, unless it was sent again.
using Conversations = std::map<Client, std::vector<Conversation>>;

Conversations sort_out(const std::vector<LoggedPacket>& packets, std::uint16_t port) {
  Conversations all;
  std::map<Client, std::uint32_t> begun;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    if (!packets[i].seen) continue;
    const bool from_server = is_from_server(packets[i], port);
    const Client client = client_of(from_server ? packets[i].seen->destination : packets[i].seen->source);
    const fact::Segment& segment = packets[i].seen->segment;
    std::vector<Conversation>& conversations = all[client];
    const bool is_syn = segment.syn && !from_server;
    const bool is_new = is_syn && (!begun.contains(client) || begun[client] != segment.sequence);
    if (is_syn) begun[client] = segment.sequence;
    if (is_new || conversations.empty()) conversations.push_back({packets[i].at});
    conversations.back().packets.push_back(i);
  }
  return all;
}

/// The conversation that a record is about: the last that had begun when it was accepted, or one that had begun before
/// the capture did.
const Conversation* conversation_of(const ConnectionRecord& record, const Conversations& all) {
  const auto found = all.find(client_of(record.client));
  if (found == all.end()) return nullptr;
  const Conversation* best = nullptr;
  for (const Conversation& each : found->second)
    if (each.since <= record.accepted_at) best = &each;
  return best != nullptr ? best : &found->second.front();
}

/// Is the packet one that a step of that kind is?
bool carries(const fact::Segment& segment, RungKind kind) {
  switch (kind) {
    case RungKind::syn:
      return segment.syn;
    case RungKind::fin:
      return segment.fin;
    case RungKind::rst:
      return segment.rst;
    default:
      return segment.payload > 0;
  }
}

}  // namespace

std::vector<std::vector<std::string>> words_of(const std::vector<LoggedPacket>& packets, std::uint16_t port,
                                               const std::vector<ConnectionRecord>& records) {
  const Conversations conversations = sort_out(packets, port);
  PacketComments words(packets.size());
  for (const ConnectionRecord& record : records) {
    const Conversation* conversation = conversation_of(record, conversations);
    if (conversation == nullptr) continue;
    const std::vector<std::size_t>& places = conversation->packets;
    const auto find = [&](const Rung& rung, std::size_t from) -> std::optional<std::size_t> {
      for (std::size_t i = from; i < places.size(); ++i) {
        const LoggedPacket& packet = packets[places[i]];
        const Side side = is_from_server(packet, port) ? Side::server : Side::client;
        if (side == rung.side && carries(packet.seen->segment, rung.kind)) return i;
      }
      return std::nullopt;
    };
    PacketComments comments = comments_of(server::picture_of(record).rungs, places.size(), find, describe(record));
    for (std::size_t i = 0; i < places.size(); ++i) words[places[i]] = std::move(comments[i]);
  }
  return words;
}

PacketLog::PacketLog(const Endpoint& server) : port_(server.port), capture_(snapshot_bytes, kernel_bytes) {
  capture_.set_filter(capture::filter_of(server));
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void PacketLog::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      const std::lock_guard lock(mutex_);
      collect();
    }
    std::this_thread::sleep_for(pause);
  }
}

void PacketLog::collect() {
  capture_.collect([this](const capture::Frame& frame) {
    bytes_ += frame.bytes.size() + sizeof(LoggedPacket);
    if (bytes_ > most_bytes) return void(++missed_);
    packets_.push_back({frame.at,
                        {frame.bytes.begin(), frame.bytes.end()},
                        frame.original_size,
                        capture::read_frame(frame.bytes, capture::LinkLayer::any_device)});
  });
}

PacketLog::Size PacketLog::size() {
  const std::lock_guard lock(mutex_);
  collect();
  return {packets_.size(), missed_ + capture_.missed()};
}

std::string PacketLog::pcapng(const std::vector<ConnectionRecord>& records) {
  const std::lock_guard lock(mutex_);
  collect();
  PacketComments words = words_of(packets_, port_, records);
  std::string bytes = capture::pcapng_header(capture::LinkType::any_device, "closelab");
  for (std::size_t i = 0; i < packets_.size(); ++i)
    bytes += capture::pcapng_block({packets_[i].at, packets_[i].bytes, packets_[i].original_size, std::move(words[i])});
  return bytes;
}

}  // namespace closelab::lab
