#pragma once

#include <string>
#include <string_view>

namespace closelab::lab {

/// What the program was made of.
struct BuildFacts {
  std::string_view version;
  /// Short; empty when the sources were in no git repository.
  std::string_view commit;
  std::string_view asio;
  std::string_view llhttp;
};

extern const BuildFacts build_facts;

/// `closelab 0.2.0`.
std::string name_and_version();

/// `closelab --version`: what it was made of, and what this kernel lets it see.
std::string version_text();

}  // namespace closelab::lab
