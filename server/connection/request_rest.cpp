#include "server/connection/request_rest.h"

#include <algorithm>

namespace closelab::server {

using End = http::MessageRest::End;

RequestRest::Further RequestRest::take(std::string_view bytes) {
  const std::string_view further = without_rest(bytes);
  if (further.find_first_not_of("\r\n") == std::string_view::npos) return Further::none;
  return rest_.end == End::counted ? Further::request : Further::perhaps;
}

RequestRest::Further RequestRest::take_unseen(std::uint64_t bytes) const {
  if (rest_.end != End::counted) return bytes > 0 ? Further::perhaps : Further::none;
  return bytes > rest_.bytes ? Further::request : Further::none;
}

std::string_view RequestRest::without_rest(std::string_view bytes) {
  if (rest_.end == End::counted) {
    const std::uint64_t of_rest = std::min<std::uint64_t>(rest_.bytes, bytes.size());
    rest_.bytes -= of_rest;
    bytes.remove_prefix(of_rest);
  }
  while (rest_.end == End::empty_line && !bytes.empty()) {
    const char byte = bytes.front();
    bytes.remove_prefix(1);
    if (byte == '\n' && line_begins_) rest_.end = End::unknown;
    if (byte != '\r') line_begins_ = byte == '\n';
  }
  return bytes;
}

}  // namespace closelab::server
