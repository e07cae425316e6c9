#!/usr/bin/env bash
# rules.sh RULE ROOT: checks one rule of the source tree at ROOT and prints each offending line as
# file:line:text, with the rule below it. Exit code 0 kept, 1 broken, 77 the tool for it is missing.
set -euo pipefail
shopt -s lastpipe  # forbid, at the end of a pipe, sets `failed` in this shell

rule=$1
cd "$2"
failed=0

# The C++ files below these folders or files, those that exist.
sources() {
  local place
  for place; do
    if [[ -e $place ]]; then find "$place" -name '*.h' -o -name '*.cpp'; fi
  done | sort
}

# without REGEX: standard input without the lines that match.
without() { grep -vE -e "$1" || true; }

# lines_of FILE...: every line as file:line:text, of files that hold text.
lines_of() { if (($#)); then grep -HnI '' -- "$@" || true; fi; }

# code_of FILE...: the same without comments and the contents of string literals.
code_of() { lines_of "$@" | sed -E 's/"([^"\\]|\\.)*"/""/g; s,//.*,,'; }

# forbid WHY REGEX: standard input is file:line:text; no text may match.
forbid() {
  local found
  if found=$(grep -E -e "^[^:]+:[0-9]+.*($2)"); then
    printf '%s\n  ^ %s\n' "$found" "$1"
    failed=1
  fi
}

needs() {
  if ! command -v "$1" >/dev/null; then
    echo "skipped: $1 is not installed"
    exit 77
  fi
}

includes() {
  local net http server public others
  mapfile -t net < <(sources net)
  mapfile -t http < <(sources http)
  mapfile -t server < <(sources server | without '^server/lab/')
  mapfile -t public < <(sources net/include http/include server/include)
  mapfile -t others < <(sources http server/lab tests examples)
  local include='#[[:space:]]*include[[:space:]]*'

  lines_of "${net[@]}" | forbid 'net/ knows nothing of http/ and server/' "$include[\"<](http|server)/"
  lines_of "${http[@]}" | forbid 'http/ knows nothing of net/ and server/' "$include[\"<](net|server)/"
  lines_of "${http[@]}" | forbid 'http/ does no I/O' "$include<(sys/socket|netinet/.*|unistd|poll|sys/epoll)\\.h>"
  lines_of "${server[@]}" | forbid 'server/ does not use server/lab' "$include[\"<](server/)?lab/"
  lines_of $(sources server/lab | without '^server/lab/(audit/|experiments/|page/|about/|main\.cpp|(command_line|completed_commands|printed_commands)\.)') |
    forbid 'what serves does not use experiments' "$include\"server/lab/experiments/"
  lines_of "${public[@]}" | without "$include(<[a-z_]+>|\"closelab/[a-z_]+\\.h\")" |
    forbid 'a public header includes only the standard library and closelab/' "$include"
  lines_of "${others[@]}" | forbid 'asio is used only in net/ and server/' "$include[\"<]asio"
  lines_of $(sources net http server tests examples | without '^http/request_parser\.cpp$') |
    forbid 'llhttp.h is included only by http/request_parser.cpp' "$include[\"<].*llhttp"
}

# What llhttp keeps in its struct differs between its releases; `data` is the user's own.
llhttp() {
  local fields='header_state|lenient_flags|flags|content_length|http_major|http_minor|status_code|upgrade|finish'
  fields+='|initial_message_completed|method|type|error|error_pos|reason|settings|_[a-z_0-9]+'
  code_of $(sources http | grep '^http/request_parser\.cpp$') |
    forbid "llhttp is used through its functions, not by its fields" \
      "[Pp]arser_?(\\(\\))?(\\.|->)($fields)([^[:alnum:]_(]|$)|(^|[^[:alnum:]_])(F|LENIENT)_[A-Z]|llhttp__"
}

# Connections of the server end in one place. unique_fd.h closes what is no connection: netlink, listeners; listener.cpp
# lets a listener listen no more; testbed/socket.cpp is the other side's, in experiments.
teardown() {
  code_of $(sources net server | without '^net/(teardown/teardown\.(h|cpp)|socket/(unique_fd\.h|listener\.cpp)|testbed/socket\.cpp)$') |
    forbid 'only net/teardown/teardown.* closes, shuts down or sets SO_LINGER on a connection' \
      '(^|[^[:alnum:]_>])::(close|shutdown)[[:space:]]*\(|[.>]shutdown[[:space:]]*\(|SHUT_(RD|WR|RDWR)|SO_LINGER|::linger\('
}

# A file that no CMakeLists.txt names would be compiled, and tested, by nobody.
listed() {
  local file folder
  for file in $(sources net http server tests examples | grep '\.cpp$'); do
    folder=${file%/*}
    while [[ $folder == */* && ! -e $folder/CMakeLists.txt ]]; do folder=${folder%/*}; done
    grep -qs -F -e "${file#"$folder"/}" "$folder/CMakeLists.txt" || echo "$file:1: is not in $folder/CMakeLists.txt"
  done | forbid 'every source file is in the CMakeLists.txt of its folder, or the next above' 'is not in'
}

# Folders that include each other, also by way of others, are one folder: each include that closes a circle is told.
circles() {
  local file include target place
  sources net http server | xargs -r grep -HnE '^#include "' | sed -E 's/^([^:]+:[0-9]+):#include "([^"]+)".*/\1 \2/' |
    while read -r file include; do
      target=$include
      for place in net http server; do
        [[ ! -e $place/include/$include ]] || target=$place/include/$include
      done
      if [[ ${target%/*} != "${file%/*}" ]]; then echo "$file ${target%/*}"; fi
    done |
    awk '{ from = $1; sub("/[^/]*$", "", from); text[NR] = $1; a[NR] = from; b[NR] = $2; reach[from, $2] = 1; name[from]; name[$2] }
         END { for (via in name) for (x in name) if ((x, via) in reach) for (y in name) if ((via, y) in reach) reach[x, y] = 1
               for (n = 1; n <= NR; n++) if ((b[n], a[n]) in reach) print text[n] ":" a[n] " includes " b[n] ", which includes it" }' |
    without "$known_circles" | forbid 'no circle between folders' ', which includes it'
}
# One that is still to be taken apart.
known_circles=':net/(kernel|verdict) includes net/(kernel|verdict),'

# longer_than LINES FILE...: those files.
longer_than() {
  local file
  for file in "${@:2}"; do
    echo "$file:$(wc -l <"$file"):lines"
  done | awk -F: -v most="$1" '$2 >= most'
}

lengths() {
  longer_than 400 $(sources net http server examples) | forbid 'a file has fewer than 400 lines' lines
  longer_than 500 $(sources tests) | forbid 'a test has fewer than 500 lines' lines
}

# functions_above LINES FILE...: those with more lines.
functions_above() {
  (($# > 1)) || return 0
  # tag, file, "pattern;", kind, line:N, end:N
  ctags -f - --languages=C++ --langmap=C++:+.h --kinds-C++=f --fields=ne "${@:2}" |
    awk -F'\t' -v most="$1" '
      { line = end = 0
        for (i = 4; i <= NF; i++) { if ($i ~ /^line:/) line = substr($i, 6); if ($i ~ /^end:/) end = substr($i, 5) }
        if (end - line + 1 > most) print $2 ":" line ":" $1 " has " end - line + 1 " lines" }'
}

functions() {
  needs ctags
  functions_above 50 $(sources net http server examples) | forbid 'a function has at most 50 lines' ' has '
  functions_above 60 $(sources tests) | forbid 'a function of a test has at most 60 lines' ' has '
}

# A class whose functions nobody can keep in mind is several classes.
classes() {
  needs ctags
  # tag, file, "pattern;", class:SCOPE
  ctags -f - --languages=C++ --langmap=C++:+.h --kinds-C++=fp --fields=s --extras= --excmd=number \
    $(sources net http server | grep '\.h$') |
    awk -F'\t' '$4 ~ /^(class|struct):/ { count[$4]++; place[$4] = $2 ":" $3 + 0 }
                END { for (type in count) if (count[type] > 45) print place[type] ":" type " has " count[type] " member functions" }' |
    forbid 'a class has at most 45 member functions' ' has '
}

# Two types of one name in one program share one destructor: the linker keeps the first, and says nothing.
types() {
  needs ctags
  # tag, file, "pattern;", scope:, for tags with their whole scope
  ctags -f - --languages=C++ --langmap=C++:+.h --kinds-C++=csu --fields= --extras=+q --excmd=number \
    $(sources net http server) |
    awk -F'\t' '$1 ~ /::/ && $1 !~ /__anon/ { if ($1 in file) print $2 ":" $3 + 0 ":" $1 " is in " file[$1] " as well"; file[$1] = $2 }' |
    forbid 'a type that is not in an anonymous namespace has a name of its own' ' as well'
}

# A release compiles the files of a folder as one (cmake/OneUnitAFolder.cmake).
units() {
  needs ctags
  # name, file, line;", kind, scope, signature
  ctags -f - --languages=C++ --kinds-C++=fvcsug --fields=ksS --excmd=number $(sources net http server | grep '\.cpp$') |
    awk -F'\t' '{ scope = signature = ""
                  for (i = 5; i <= NF; i++) { if ($i ~ /^namespace:/) scope = $i; if ($i ~ /^signature:/) signature = $i }
                  if (scope !~ /__anon[0-9a-f]*$/) next
                  folder = $2; sub("/[^/]*$", "", folder); sub("__anon[0-9a-f]*$", "", scope)
                  key = folder SUBSEP scope SUBSEP $1 SUBSEP signature
                  if (key in file && file[key] != $2) print $2 ":" $3 + 0 ":" $1 " is in " file[key] " as well"; file[key] = $2 }' |
    forbid 'in the anonymous namespaces of a folder each name is there once, because a release compiles it as one' ' as well'
}

wording() {
  local words='TO''DO|FIX''ME|X''XX'
  lines_of $(find . -type f -not -path './build*' -not -path './.git/*' | sort) |
    forbid 'unfinished work belongs into an issue' "(^|[^[:alnum:]])($words)([^[:alnum:]]|$)"
}

# The admin port asks for no password, and who follows an example publishes what it publishes.
published() {
  lines_of $(find . -not -path './build*' -not -path './.git/*' \
    \( -name '*.yaml' -o -name '*.yml' -o -name '*.md' -o -name 'Containerfile' \) | sort) |
    without '127\.0\.0\.1:8081:8081' |
    forbid 'the admin port is published to 127.0.0.1 only' '8081:8081'
}

format() {
  needs clang-format
  if ! clang-format --version | grep -q 'version 14\.'; then
    echo 'skipped: clang-format 14 decides the format, and this is another version'
    exit 77
  fi
  local output
  output=$(clang-format --dry-run $(sources net http server tests examples) 2>&1)
  forbid 'run clang-format 14 -i on it' 'clang-format-violations' <<<"$output"
}

"$rule"
exit "$failed"
