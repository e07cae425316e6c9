#!/usr/bin/env bash
# ./run handed -V and misspelt commands to `serve`, which knew neither, and through a link neither ./run nor ./check found
# what they are made of.
#
#   run_script_test.sh SOURCE
set -euo pipefail
source=$(cd "$1" && pwd)
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT

# A tree in which nothing has to be built, and whose program says what it was asked for.
mkdir -p "$folder/tree/cmake" "$folder/tree/build/release"
cp "$source/run" "$source/check" "$folder/tree/"
printf '%s() { :; }\n' install_missing fetch_llhttp build >"$folder/tree/cmake/prepare.sh"
printf '#!/bin/sh\necho "$*"\n' >"$folder/tree/build/release/closelab"
chmod +x "$folder/tree/build/release/closelab"
ln -s tree/run "$folder/run-closelab"
ln -s tree/check "$folder/check-closelab"

# asks EXPECTED ARGUMENT...: what the program is asked for by ./run ARGUMENT..., called through a link.
asks() {
  local seen
  seen=$(cd / && "$folder/run-closelab" "${@:2}")
  [[ $seen == "$1" ]] || { echo "./run ${*:2} asks closelab $seen, not $1"; exit 1; }
}
asks 'serve'
asks 'serve --port 0' --port 0
asks '-V' -V
asks '-v' -v
asks '--version' --version
asks '-h' -h
asks 'serv --port 0' serv --port 0
asks 'audit --list' audit --list

"$folder/check-closelab" --help | grep -q '^ *./check  *all tests' || { echo "./check is not found through a link"; exit 1; }
