#!/usr/bin/env bash
# readme_sample_test.sh ROOT: what README.md says that closelab prints for its first curl is what it prints: the same
# lines with the same columns, whatever the numbers are. How far the kernel has got when it is asked varies, so some
# runs may tell of another state; one of them has to be the README's.
export LC_ALL=C.UTF-8 COLUMNS=80
. "$1/examples/lib.sh"

# The command, and the block below it.
command=$(sed -nE "s/^This is what it prints for \`(curl .*)\`:$/\1/p" "$1/README.md")
sample=$(sed -nE '/^This is what it prints/,/^```$/p' "$1/README.md" | sed -nE '/^```text$/,/^```$/p' | sed -E '/^```/d')
[[ -n $command && -n $sample ]] || fail 'README.md has no sample'

# masked: standard input without what differs from run to run: numbers, and the space and dashes that fill columns.
masked() { sed -E 's/[0-9]+/N/g; s/ +/ /g; s/─+/─/g'; }

start_server
next_line  # where the admin port is
next_line  # that packets are no witness
for _ in {1..30}; do
  log=''
  bash -c "${command//127.0.0.1:8080/127.0.0.1:$port}" >/dev/null 2>&1 || fail "this fails: $command"
  await_ended 1
  printed=${log%$'\n\n'}
  if [[ $(masked <<<"$printed") == "$(masked <<<"$sample")" ]]; then
    while IFS= read -r text; do
      [[ $text != *│* ]] || ((${#text} <= 80)) || fail "this is wider than 80 columns: $text"
    done <<<"$sample"
    exit
  fi
done
diff <(masked <<<"$sample") <(masked <<<"$printed") || true
fail 'README.md shows something else than closelab prints'
