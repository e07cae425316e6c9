#pragma once

#include <cstddef>
#include <string>

#include "server/lab/settings/settings.h"
#include "server/text/text_layout.h"

namespace closelab::lab {

using server::Charset;
using server::TextLayout;
using server::TextStyle;

/// What a text is written to, and what the environment says of it.
struct Surroundings {
  enum class Output : std::uint8_t { file, terminal };

  Output output = Output::file;
  /// The terminal's; 0 when it does not say.
  std::size_t width = 0;
  /// Variables of the environment; empty is as good as unset.
  std::string columns{};
  std::string lc_all{};
  std::string lc_ctype{};
  std::string lang{};
  std::string term{};
  std::string no_color{};
};

/// Those of standard output, at this moment: a window's width can change.
Surroundings surroundings();

/// COLUMNS decides the width, else the terminal, else it is 80; LC_ALL, LC_CTYPE or LANG, the first that is set,
/// whether there is more than ASCII. Pure.
TextLayout choose_text_layout(Color color, const Surroundings& around);

/// For standard output as it is now.
TextLayout choose_text_layout(Color color);

}  // namespace closelab::lab
