#!/usr/bin/env bash
# docs_test.sh ROOT: every ```sh block of docs/admin.md runs, in their order, against one server, and every curl that
# has -f ends well. curl -sS, without -f, is for what is meant to fail.
. "$1/examples/lib.sh"

doc=$1/docs/admin.md
blocks=0

start_server
next_line
admin=$(grep -oE 'http://[0-9.:]+' <<<"$line")

# run BLOCK: with the ports of this server. A curl with -f that fails says so in the file `failed`, for a pipe hides it.
run() {
  bash -euc "curl() {
      command curl --max-time $patience \"\$@\" && return
      local code=\$?
      [[ \" \$* \" != *' -fsS'* ]] || echo \"exit code \$code: curl \$*\" >>'$folder/failed'
      return \$code
    }
    $(sed -e "s,http://127.0.0.1:8080,${url%/},g; s,http://127.0.0.1:8081,$admin,g" <<<"$1")" >"$folder/out" 2>"$folder/errors.sh" ||
    fail "this block ends with $?: $1"$'\n'"$(cat "$folder/out" "$folder/errors.sh")"
  [[ ! -e $folder/failed ]] || fail "$(cat "$folder/failed" "$folder/out")"
}

block=''
while IFS= read -r text; do
  case $text in
  '```sh') block=$'\n' ;;
  '```')
    if [[ -n $block ]]; then
      echo "$block"
      run "$block"
      blocks=$((blocks + 1))
    fi
    block=''
    ;;
  *) if [[ -n $block ]]; then block+=$text$'\n'; fi ;;
  esac
done <"$doc"
((blocks >= 7)) || fail "docs/admin.md has only $blocks blocks of shell"
