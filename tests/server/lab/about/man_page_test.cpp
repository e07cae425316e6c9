#include "server/lab/about/man_page.h"

#include <doctest/doctest.h>

namespace closelab::lab {
namespace {

TEST_CASE("the layout of help becomes headings, terms and paragraphs of a manual page") {
  const std::string page = man_page("closelab-serve", "closelab 1.2.3", R"(NAME
  closelab serve - serve it

SYNOPSIS
  closelab serve [OPTION]...

DESCRIPTION
  One paragraph
  of two lines.

  .Another
    /bytes/N     N bytes
    /echo        what came

OPTIONS
 Group
  --port N         default 8080
      where it listens
  -h, --help
)");
  CHECK(page == R"(.TH closelab\-serve 1 "" "closelab 1.2.3"
.SH NAME
closelab\-serve \- serve it
.SH SYNOPSIS
closelab serve [OPTION]...
.br
.SH DESCRIPTION
.PP
One paragraph
of two lines.
.TP
\fB\&.Another\fR
.RS
.TP
\fB/bytes/N\fR
N bytes
.TP
\fB/echo\fR
what came
.RE
.SH OPTIONS
.SS Group
.TP
\fB\-\-port N\fR
default 8080
.br
where it listens
.PP
\-h, \-\-help
)");
}

}  // namespace
}  // namespace closelab::lab
