#!/usr/bin/env bash
# Rebind: start a server again on a port where its former self left connections behind: TIME_WAIT after a normal
# stop, and FIN_WAIT_1, soon FIN_WAIT_2, after SIGKILL with a client that stays connected.
#
# Look at: SO_REUSEADDR on the new server alone does not help. On Linux the old one must have had it, too; closelab
# has it by default. A refused start says which connections hold the port, and for how long.
. "$(dirname "$0")/lib.sh"

sockets=''

# heading TEXT: in all three accounts.
heading() {
  client+=${client:+$'\n'}"== $1"$'\n'
  log+=${log:+$'\n'}"== $1"$'\n'
  sockets+=${sockets:+$'\n'}"== $1"$'\n'
}

fetch() {
  client+=$(curl -sS -o /dev/null -w 'curl from port %{local_port}: status %{http_code}\n' "$@" 2>&1 || true)$'\n'
}

# keep_open: a client that has its response and keeps its connection, until close_it.
keep_open() {
  exec 4<>"/dev/tcp/127.0.0.1/$port"
  printf 'GET /status/200 HTTP/1.1\r\nHost: lab\r\n\r\n' >&4
  IFS= read -r -t "$patience" status <&4 || fail 'no response on the connection that is to stay open'
  client+="a client that stays connected: ${status%$'\r'}"$'\n'
}
close_it() { exec 4>&-; }

# restart SIGNAL OLD NEW yes|no: does a server with option NEW start where one with OLD was ended by SIGNAL?
restart() {
  local expected=$4 starts=no
  heading "old server with $2, ended by SIG$1; new one with $3"
  start_server "$2"
  fetch -H 'Connection: close' "$url"
  await_ended 1
  if [[ $1 == KILL ]]; then keep_open; fi
  stop_server "$1"
  sockets+=$(show_ss all)$'\n'
  if try_start --port "$port" "$3"; then
    starts=yes
    fetch "$url"
    stop_server
  fi
  if [[ $1 == KILL ]]; then close_it; fi
  [[ $starts == "$expected" ]] || object "SIG$1, old $2, new $3: starts again: $starts, expected: $expected"
}

restart TERM --reuse-address --reuse-address yes
restart TERM --reuse-address --no-reuse-address no
restart TERM --no-reuse-address --reuse-address no
restart TERM --no-reuse-address --no-reuse-address no
restart KILL --reuse-address --reuse-address yes
restart KILL --reuse-address --no-reuse-address no

expect_log 'TIME_WAIT' 'SO_REUSEADDR'
[[ $sockets == *TIME-WAIT* && $sockets == *FIN-WAIT-* ]] || object 'ss shows no TIME-WAIT or no FIN-WAIT'
log=$(grep -E '^$|^==|^closelab|ended:|TIME_WAIT  ' <<<"$log" | cat -s) # the gist
conclude 'only SO_REUSEADDR on the old and on the new server lets it start again at once.'
