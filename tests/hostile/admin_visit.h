#pragma once

#include <string>
#include <string_view>

namespace closelab::hostile {

/// What somebody asks of the admin port.
struct AdminVisit {
  std::string_view method;
  std::string_view target;
  std::string_view body = {};
};

inline std::string request_for(const AdminVisit& visit) {
  const std::string length = "Content-Length: " + std::to_string(visit.body.size()) + "\r\n";
  return std::string(visit.method) + ' ' + std::string(visit.target) +
         " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n" + (visit.body.empty() ? "" : length) +
         "\r\n" + std::string(visit.body);
}

}  // namespace closelab::hostile
