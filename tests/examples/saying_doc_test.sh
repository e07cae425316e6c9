#!/usr/bin/env bash
# saying_doc_test.sh ROOT: every curl line of docs/saying.md ends as its comment says: `error N`, or `error N or M`; without
# that curl succeeds.
. "$1/examples/lib.sh"

cd "$1"
start_server --cors
compared=0
while IFS= read -r text; do
  expected=0
  if [[ $text =~ error\ ([0-9]+)(\ or\ ([0-9]+))? ]]; then expected="${BASH_REMATCH[1]} ${BASH_REMATCH[3]}"; fi
  echo "$text"
  code=0
  bash -c "${text//127.0.0.1:8080/127.0.0.1:$port}" >/dev/null 2>"$folder/curl" || code=$?
  [[ " $expected " == *" $code "* ]] || fail "exit code $code, not $expected: $(cat "$folder/curl")"
  compared=$((compared + 1))
done < <(grep -E '^curl ' docs/saying.md)
((compared >= 15)) || fail "only $compared lines"
