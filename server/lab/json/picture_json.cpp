#include "server/lab/json/picture_json.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "net/socket/socket_address.h"

namespace closelab::lab {
namespace {

using server::Picture;
using server::Rung;

constexpr std::array<std::string_view, 4> transits{"unknown", "delivered", "lost", "repeated"};
constexpr std::array sources{Source::syscall, Source::tcp_info, Source::sock_diag, Source::capture, Source::inferred};

Json rung_json(const Rung& rung) {
  Json json = object({{"at_ms", in_ms(rung.at)}, {"kind", to_string(rung.kind)}, {"side", to_string(rung.side)}});
  json["text"] = rung.text;
  if (rung.source) json["source"] = to_string(*rung.source);
  if (rung.state != TcpState::unknown) json["state"] = to_string(rung.state);
  if (rung.until) json["until_ms"] = in_ms(*rung.until);
  if (rung.segments != 1) json["segments"] = rung.segments;
  if (rung.transit != net::Transit::unknown) json["transit"] = transit_name(rung.transit);
  if (rung.transit == net::Transit::delivered) json["arrived_ms"] = in_ms(rung.arrived);
  return json;
}

std::optional<Source> source_named(const std::string& name) {
  const auto found = std::ranges::find(sources, name, [](Source source) { return to_string(source); });
  return found == sources.end() ? std::nullopt : std::optional(*found);
}

Rung rung_from(const Json& json) {
  Rung rung{.at = from_ms(json.at("at_ms")),
            .kind = server::rung_kind_named(json.at("kind").get<std::string>()),
            .side = json.at("side") == "client" ? Side::client : Side::server,
            .text = json.at("text")};
  rung.source = source_named(json.value("source", ""));
  rung.state = parse_tcp_state(json.value("state", "")).value_or(TcpState::unknown);
  if (json.contains("until_ms")) rung.until = from_ms(json["until_ms"]);
  rung.segments = json.value("segments", std::size_t{1});
  rung.transit = transit_named(json.value("transit", ""));
  rung.arrived = from_ms(json.value("arrived_ms", 0.0));
  return rung;
}

/// `127.0.0.1:80`, `[::1]:80`.
Endpoint endpoint_from(std::string text) {
  const std::size_t colon = std::min(text.rfind(':'), text.size());
  const int port = std::atoi(text.c_str() + std::min(colon + 1, text.size()));
  text.resize(colon);
  std::erase_if(text, [](char c) { return c == '[' || c == ']'; });
  return net::parse_address(text, static_cast<std::uint16_t>(port)).value_or(Endpoint{});
}

}  // namespace

std::string_view transit_name(net::Transit transit) { return transits[static_cast<std::size_t>(transit)]; }

net::Transit transit_named(std::string_view name) {
  const auto found = std::ranges::find(transits, name);
  return static_cast<net::Transit>(found == transits.end() ? 0 : found - transits.begin());
}

std::chrono::nanoseconds from_ms(double milliseconds) {
  return std::chrono::nanoseconds(std::llround(milliseconds * 1e6));
}

Json to_json(const Picture& picture) {
  Json rungs = Json::array();
  for (const Rung& rung : picture.rungs) rungs.push_back(rung_json(rung));
  return object(
      {{"client", to_string(picture.client)}, {"server", to_string(picture.server)}, {"rungs", std::move(rungs)}});
}

Picture picture_from_json(const Json& json) {
  Picture picture{.client = endpoint_from(json.at("client")), .server = endpoint_from(json.at("server"))};
  for (const Json& rung : json.at("rungs")) picture.rungs.push_back(rung_from(rung));
  return picture;
}

Json with_picture(const ConnectionRecord& record) {
  Json json = to_json(record);
  json["picture"] = to_json(server::picture_of(record));
  return json;
}

}  // namespace closelab::lab
