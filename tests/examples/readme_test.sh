#!/usr/bin/env bash
# readme_test.sh ROOT: every curl line of README.md does what its comment says. `# SIDE...` names who holds TIME_WAIT of
# each connection, in order; `# ...: error N` how curl ends; any other comment that curl succeeds. The table of symptoms:
# its commands make the log say what it quotes.
. "$1/examples/lib.sh"

readme=$1/README.md
sides=0
errors=0

# holders FROM: who holds TIME_WAIT, by the verdicts from the FROMth byte of the log on.
holders() { sed -nE 's/^ +TIME_WAIT  ([a-z]+).*/\1/p' <<<"${log:$1}" | paste -sd ' '; }

# run LINE EXIT_CODE
run() {
  local code=0
  echo "$1"
  bash -c "${1//127.0.0.1:8080/127.0.0.1:$port}" >/dev/null 2>"$folder/curl" || code=$?
  ((code == $2)) || fail "exit code $code, not $2: $(cat "$folder/curl")"
}

start_server
while IFS= read -r text; do
  expected=${text##*# }
  if [[ $expected =~ ^(client|server|none)(\ (client|server|none))*$ ]]; then
    before=${#log}
    run "$text" 0
    await_ended "$(wc -w <<<"$expected")"
    [[ $(holders "$before") == "$expected" ]] || fail "TIME_WAIT: $(holders "$before")"
    sides=$((sides + 1))
  elif [[ $expected =~ error\ ([0-9]+)$ ]]; then
    run "$text" "${BASH_REMATCH[1]}"
    errors=$((errors + 1))
  else
    run "$text" 0
  fi
done < <(grep -E '^curl .*# ' "$readme")
# quoted TEXT: what it has in backquotes, one a line.
quoted() { grep -oE '`[^`]+`' <<<"$1" | tr -d '`'; }

# here TEXT: with this server's port.
here() { echo "${1//127.0.0.1:8080/127.0.0.1:$port}"; }

# provoke COMMAND: a curl, however it ends, or ./run, a second server of the same port. Adds what the latter says to $log.
provoke() {
  echo "$1"
  case $1 in
  curl\ *) bash -c "$(here "$1")" >/dev/null 2>&1 || true ;;
  ./run) log+=$("$closelab" serve --port "$port" 2>&1 || true) ;;
  *) fail "what is $1?" ;;
  esac
}

# expect FROM TEXT: the log says so after its FROMth byte, or the command shows a socket of this server.
expect() {
  if [[ $2 == './run watch '* ]]; then
    grep -qE '^[A-Z_]+ +1$' <<<"$("$closelab" ${2#./run } --port "$port")" || fail "$2 counts nothing"
    return
  fi
  until [[ ${log:$1} == *"$(here "$2")"* ]]; do next_line; done
}

# A server whose log holds nothing of the above.
stop_server
start_server
symptoms=0
while IFS='|' read -r _ _ command says _; do
  before=${#log}
  provoke "$(quoted "$command" | head -1)"
  while IFS= read -r text; do expect "$before" "$text"; done < <(quoted "$says")
  symptoms=$((symptoms + 1))
done < <(grep -E '^\| .* \| `(curl|\./run)' "$readme")
((symptoms >= 8)) || fail "README.md has only $symptoms symptoms"
((sides >= 5)) || fail "README.md has only $sides curl lines that end in who holds TIME_WAIT"
((errors >= 3)) || fail "README.md has only $errors curl lines that end in curl's error"
