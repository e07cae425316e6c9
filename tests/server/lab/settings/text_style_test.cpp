#include "server/lab/settings/text_style.h"

#include <doctest/doctest.h>

namespace closelab::lab {
namespace {

using Output = Surroundings::Output;

TEST_CASE("how wide a text may be") {
  struct Row {
    Surroundings around;
    std::size_t columns;
  };
  const Row rows[] = {
      {{}, 80},
      {{.width = 132}, 132},
      {{.width = 132, .columns = "60"}, 60},
      {{.columns = "100"}, 100},
      {{.columns = "0"}, 80},
      {{.columns = "wide"}, 80},
      {{.columns = "100000"}, 80},
  };
  for (const Row& row : rows) {
    CAPTURE(row.around.columns);
    CHECK(choose_text_layout(Color::automatic, row.around).columns == row.columns);
  }
}

TEST_CASE("lines are broken only where somebody says how wide they may be") {
  CHECK(choose_text_layout(Color::automatic, Surroundings{}).line_columns == TextLayout{}.line_columns);
  CHECK(choose_text_layout(Color::automatic, {.width = 132}).line_columns == 132);
  CHECK(choose_text_layout(Color::automatic, {.width = 132, .columns = "60"}).line_columns == 60);
}

TEST_CASE("whether there is more than ASCII") {
  struct Row {
    Surroundings around;
    Charset charset;
  };
  const Row rows[] = {
      {{}, Charset::ascii},
      {{.lang = "en_US.UTF-8"}, Charset::utf8},
      {{.lang = "C.utf8"}, Charset::utf8},
      {{.lang = "de_DE"}, Charset::ascii},
      {{.lc_ctype = "C", .lang = "en_US.UTF-8"}, Charset::ascii},
      {{.lc_all = "C.UTF-8", .lc_ctype = "C"}, Charset::utf8},
  };
  for (const Row& row : rows) {
    CAPTURE(row.around.lang);
    CHECK(choose_text_layout(Color::automatic, row.around).charset == row.charset);
  }
}

TEST_CASE("whether there are colors") {
  const Surroundings terminal{.output = Output::terminal, .term = "xterm"};
  CHECK(choose_text_layout(Color::automatic, terminal).style == TextStyle::colored);
  CHECK(choose_text_layout(Color::never, terminal).style == TextStyle::plain);
  CHECK(choose_text_layout(Color::automatic, {.term = "xterm"}).style == TextStyle::plain);
  CHECK(choose_text_layout(Color::always, {}).style == TextStyle::colored);
  Surroundings dumb = terminal;
  dumb.term = "dumb";
  CHECK(choose_text_layout(Color::automatic, dumb).style == TextStyle::plain);
  Surroundings no_color = terminal;
  no_color.no_color = "1";
  CHECK(choose_text_layout(Color::automatic, no_color).style == TextStyle::plain);
}

}  // namespace
}  // namespace closelab::lab
