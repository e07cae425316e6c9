#!/usr/bin/env bash
# readme_test.sh ROOT: every curl line of README.md does what the line says. A line ends in a comment,
# `# SIDE`, which names who holds TIME_WAIT of each connection, in order.
. "$1/examples/lib.sh"

readme=$1/README.md
tried=0

# holders FROM: who holds TIME_WAIT, by the verdicts from the FROMth byte of the log on.
holders() { sed -nE 's/^ +TIME_WAIT  ([a-z]+).*/\1/p' <<<"${log:$1}" | paste -sd ' '; }

start_server
while IFS= read -r text; do
  expected=${text##*# }
  before=${#log}
  echo "$text"
  bash -c "${text//127.0.0.1:8080/127.0.0.1:$port}" >/dev/null 2>"$folder/curl" ||
    fail "exit code $?: $(cat "$folder/curl")"
  await_ended "$(wc -w <<<"$expected")"
  [[ $(holders "$before") == "$expected" ]] || fail "TIME_WAIT: $(holders "$before")"
  tried=$((tried + 1))
done < <(grep -E '^curl .*# ' "$readme")
((tried >= 5)) || fail "README.md has only $tried curl lines that end in who holds TIME_WAIT"
