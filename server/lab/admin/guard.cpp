#include "server/lab/admin/guard.h"

#include <arpa/inet.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace closelab::lab {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool equals_ignoring_case(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, lower, lower); }

bool is_address(int family, std::string_view text) {
  in6_addr scratch{};
  return ::inet_pton(family, std::string(text).c_str(), &scratch) == 1;
}

/// Nothing, or a colon and digits (RFC 9110 §7.2).
bool is_port_part(std::string_view text) {
  return text.empty() || (text.front() == ':' && text.find_first_not_of("0123456789", 1) == std::string_view::npos);
}

bool is_own_name(std::string_view name, std::span<const std::string> names) {
  const auto is_same = [&](std::string_view own) { return equals_ignoring_case(name, own); };
  return is_same("localhost") || is_address(AF_INET, name) || std::ranges::any_of(names, is_same);
}

bool is_own_host(std::string_view host, std::span<const std::string> names) {
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    return end != std::string_view::npos && is_address(AF_INET6, host.substr(1, end - 1)) &&
           is_port_part(host.substr(end + 1));
  }
  const std::size_t colon = std::min(host.find(':'), host.size());
  return is_own_name(host.substr(0, colon), names) && is_port_part(host.substr(colon));
}

/// A reader who follows a link to the live page (W3C Fetch Metadata).
bool is_visit(const RequestMessage& request) {
  return request.method == "GET" && request.target == "/" && request.field("Sec-Fetch-Mode") == "navigate" &&
         request.field("Sec-Fetch-Dest") == "document";
}

bool is_json(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  return equals_ignoring_case(type, "application/json");
}

}  // namespace

std::optional<Refusal> guard(const RequestMessage& request, std::span<const std::string> names) {
  const std::string_view host = request.field("Host").value_or("");
  if (!is_own_host(host, names))
    return Refusal(421, "the field Host has to be an IP address, localhost, or a name that --admin-host allows");
  if (!request.target.starts_with('/')) return Refusal(421, "the target has to begin with \"/\": this is no proxy");
  const auto origin = request.field("Origin");
  if (origin && *origin != "http://" + std::string(host))
    return Refusal(403, "the request comes from a page of another site (its field Origin says so)");
  const std::string_view site = request.field("Sec-Fetch-Site").value_or("none");
  if (site != "none" && site != "same-origin" && !is_visit(request))
    return Refusal(403, "the request comes from a page of another site (its field Sec-Fetch-Site says so)");
  const bool has_content = request.method == "POST" || request.method == "PUT";
  if (has_content && !is_json(request.field("Content-Type").value_or("")))
    return Refusal(415, "a POST or PUT has to say Content-Type: application/json, also without a body");
  return std::nullopt;
}

}  // namespace closelab::lab
