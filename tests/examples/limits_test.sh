#!/usr/bin/env bash
# The defaults in docs/limits.md are those that `closelab serve --print-conf` prints.
#
#   limits_test.sh CLOSELAB DOCS/LIMITS.MD
set -euo pipefail
closelab=$1
page=$2

conf=$("$closelab" serve --print-conf)
compared=0
failed=0
while IFS='|' read -r _ setting value _; do
  setting=$(tr -d ' `' <<<"$setting")
  value=$(tr -d ' `' <<<"$value")
  actual=$(sed -n "s/^$setting = //p" <<<"$conf" | tr -d '"')
  compared=$((compared + 1))
  if [ "$actual" != "$value" ]; then
    echo "$setting: the page says \"$value\", the program \"$actual\""
    failed=1
  fi
done < <(grep -E '^\| `[a-z_0-9]+` \|' "$page")

echo "$compared limits compared"
[ "$failed" = 0 ] && [ "$compared" -ge 15 ]
