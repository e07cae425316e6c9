#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace closelab::lab {

/// A proxy's configuration with places to fill in, and in its comments the command that runs it:
///
///   # run: nginx -c {conf}
///   # version: nginx -v
struct ProxyTemplate {
  std::string text{};
  std::vector<std::string> run{};
  /// Prints what it is; empty: `PROGRAM --version`.
  std::vector<std::string> version{};
};

/// What is filled in.
struct ProxyPlaces {
  /// `{conf}`: the configuration, filled in.
  std::string conf{};
  /// `{folder}`: where the proxy may write.
  std::string folder{};
  /// `{listen}` and `{upstream}`, HOST:PORT each; `{listen_port}` and `{upstream_port}` are their ports.
  std::string listen{};
  std::string upstream{};
};

/// Throws UsageError, `FILE: what`, when it has no command, or does not say where to listen and where the upstream is.
ProxyTemplate parse_proxy_template(std::string_view text, const std::string& file);

/// The text with its places filled in; other braces stay as they are.
std::string fill_in(std::string_view text, const ProxyPlaces& places);

}  // namespace closelab::lab
