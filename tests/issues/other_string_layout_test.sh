#!/usr/bin/env bash
# An embedding program that was compiled for the other layout of std::string linked with the library, and options were
# read that nobody had written. What makes a server is now named after the layout.
#
#   other_string_layout_test.sh CXX SOURCE LIBRARY-OBJECT...
set -euo pipefail
cxx=$1
source=$2
shift 2
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT

# symbol LAYOUT: of the constructor that a program compiled for it wants.
symbol() {
  "$cxx" -std=gnu++20 "-D_GLIBCXX_USE_CXX11_ABI=$1" -I"$source/net/include" -I"$source/http/include" \
    -I"$source/server/include" -c -x c++ -o "$folder/$1.o" - <<'EOF'
#include "closelab/server.h"
void make() { closelab::Server server; }
EOF
  nm --undefined-only "$folder/$1.o" | grep -oE '_ZN8closelab6ServerC1\w+'
}

defined=$(nm --defined-only "$@" | grep -oE '_ZN8closelab6ServerC1\w+' | sort -u)
same=$(symbol 1)
other=$(symbol 0)
echo "the library has $defined; programs want $same or $other"
[[ $defined == "$same" && $defined != "$other" ]]
