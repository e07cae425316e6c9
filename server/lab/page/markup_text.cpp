#include "server/lab/page/markup_text.h"

#include "server/text/printable.h"

namespace closelab::lab {

std::string markup_text(std::string_view text) {
  std::string out;
  for (const char c : server::printable_text(text, server::Charset::utf8)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace closelab::lab
