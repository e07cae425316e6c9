#include "server/lab/audit/passage.h"

#include <fmt/format.h>

#include "server/text/printable.h"

namespace closelab::lab {

std::string_view to_string(Extent extent) {
  switch (extent) {
    case Extent::none:
      return "none";
    case Extent::cut:
      return "cut";
    case Extent::whole:
      return "whole";
  }
  return "";
}

std::string_view to_string(StreamEnd end) {
  switch (end) {
    case StreamEnd::open:
      return "open";
    case StreamEnd::fin:
      return "fin";
    case StreamEnd::rst:
      return "rst";
  }
  return "";
}

std::string_view to_string(Passage passage) {
  switch (passage) {
    case Passage::passed_on:
      return "passed on";
    case Passage::replaced:
      return "replaced";
    case Passage::masked:
      return "masked";
    case Passage::invented:
      return "invented";
  }
  return "";
}

std::string describe(const ExchangeEnd& end) {
  const std::string_view how = end.end == StreamEnd::rst ? ", RST" : end.end == StreamEnd::fin ? ", FIN" : "";
  switch (end.extent) {
    case Extent::none:
      return fmt::format("no answer{}", how);
    case Extent::cut:
      return fmt::format("cut at {}{}", end.bytes, how);
    case Extent::whole:
      return fmt::format("{}, {}", end.status, server::counted(end.bytes, "byte"));
  }
  return "";
}

bool is_proxys_own(const ExchangeEnd& upstream, const ExchangeEnd& front) {
  constexpr int bad_gateway = 502;
  constexpr int gateway_timeout = 504;
  return front.status >= bad_gateway && front.status <= gateway_timeout && front.status != upstream.status;
}

Passage passage_of(const ExchangeEnd& upstream, const ExchangeEnd& front) {
  if (is_proxys_own(upstream, front)) return Passage::replaced;
  if (upstream.extent == Extent::whole) return front.extent == Extent::whole ? Passage::passed_on : Passage::invented;
  if (front.extent == Extent::whole) return Passage::masked;
  if (front.end == upstream.end) return Passage::passed_on;
  return front.end == StreamEnd::rst || upstream.end == StreamEnd::open ? Passage::invented : Passage::masked;
}

bool is_remarkable(const Passed& passed) {
  return passed.upstream.extent != Extent::whole || passed.passage != Passage::passed_on || passed.requests != 1;
}

}  // namespace closelab::lab
