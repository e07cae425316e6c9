#!/usr/bin/env bash
# experiments_doc_test.sh CLOSELAB DOCS/EXPERIMENTS.MD: the experiment that the page builds comes out as the page says,
# and its ladder shows the request before what it brought.
set -euo pipefail
closelab=$1
page=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# block N: the Nth block of TOML on the page.
block() { awk -v n="$1" '/^```toml$/ { inside = ++count == n; next } /^```$/ { inside = 0 } inside' "$page"; }

# says TEXT: so does the last run.
says() {
  grep -qF -- "$1" "$folder/out" && return
  cat "$folder/out"
  echo "the report does not say: $1"
  exit 1
}

block 1 >"$folder/my.toml"
code=0
"$closelab" run "$folder/my.toml" >"$folder/out" || code=$?
if grep -q 'NOT SHOWN' "$folder/out"; then
  echo "skipped: $(grep 'not shown' "$folder/out" | tail -1)"
  exit 77
fi
says CONFIRMED
((code == 0)) || { echo "exit code $code"; exit 1; }

block 2 >>"$folder/my.toml"
code=0
"$closelab" run "$folder/my.toml" >"$folder/out" || code=$?
says 'TRUE UNDER A CONDITION'
says Unexpected
says 'unexpected: my says "confirmed", and came out "true under a condition"'
((code == 1)) || { echo "exit code $code"; exit 1; }
asked=$(grep -nF 'sends GET /bytes/1MiB' "$folder/out" | cut -d: -f1)
brought=$(grep -nE '[0-9]+,[0-9]{3} bytes' "$folder/out" | head -1 | cut -d: -f1)
((asked < brought)) || { cat "$folder/out"; echo 'data stands before the request that asked for it'; exit 1; }
