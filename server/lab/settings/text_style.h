#pragma once

#include "server/lab/settings/settings.h"

namespace closelab::lab {

enum class TextStyle : std::uint8_t { plain, colored };

/// Whether standard output is to be colored.
TextStyle choose_text_style(Color color);

}  // namespace closelab::lab
