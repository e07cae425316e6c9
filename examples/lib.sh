#!/usr/bin/env bash
# Shared by the examples. Each starts a closelab server of its own on a free port, lets curl talk to it, and then
# prints three accounts of how the connections ended, curl's, the server's and that of ss (iproute2), and whether
# they agree. Nothing here sleeps: the server's log says when a connection has ended.
set -euo pipefail

patience=20  # seconds to wait for any line of the server's log

closelab=${CLOSELAB:-$(command -v closelab || echo "$(dirname "${BASH_SOURCE[0]}")/../build/release/closelab")}
folder=$(mktemp -d)
server='' # its process id
curl=''   # the same of a curl that is running
client='' # what curl saw
log=''    # what the server said
objections=''

fail() {
  echo "$(basename "$0"): $*" >&2
  [[ -z $log ]] || printf 'The server had said:\n%s' "$log" >&2
  exit 1
}

clean_up() {
  if [[ -n $server ]]; then stop_server KILL; fi
  if [[ -n $curl ]]; then kill "$curl" || true; fi
  rm -rf "$folder"
}
trap clean_up EXIT
for program in "$closelab" curl ss; do
  command -v "$program" >/dev/null || fail "$program is missing; ./run builds closelab, ./check installs the others"
done

# next_line: reads a line of the server's log into $line, and adds it to $log.
next_line() {
  IFS= read -r -t "$patience" line <&3 ||
    fail "the server said nothing for $patience s, or ended: $(cat "$folder/errors")"
  log+=$line$'\n'
}

# try_start [FLAG...]: false when the server refuses to start. On a port of the kernel's choice, or with
# --port N. Sets $server, $port and $url.
try_start() {
  mkfifo "$folder/log"
  # Without packets as a witness, which not everybody may capture, the log is the same for everybody.
  "$closelab" serve --port 0 --log-format text --witness off "$@" >"$folder/log" 2>"$folder/errors" &
  server=$!
  exec 3<"$folder/log"
  rm "$folder/log"
  if ! IFS= read -r -t "$patience" line <&3; then
    stop_server
    log+=$(cat "$folder/errors")$'\n'
    return 1
  fi
  log+=$line$'\n'
  url=$(grep -oE 'http://[0-9.:]+/' <<<"$line")
  port=$(grep -oE '[0-9]+/$' <<<"$url" | tr -d /)
}

# The kernel may choose a port on which connections of an earlier server are still in TIME_WAIT; what ss lists would not
# be this server's then, so another port is taken.
start_server() {
  local log_before=$log
  try_start "$@" || fail 'the server did not start'
  while [[ -n $(ss_time_wait) ]]; do
    stop_server
    log=$log_before
    try_start "$@" || fail 'the server did not start'
  done
}

# stop_server [SIGNAL]: and waits until it is gone.
stop_server() {
  kill -s "${1:-TERM}" "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  server=''
}

# await_ended N: reads the log until N more connections have ended, with their verdicts and ladders.
await_ended() {
  local missing=$1
  while ((missing > 0)); do
    until [[ ${line-} == *' ended: '* ]]; do next_line; done
    until [[ -z $line ]]; do next_line; done
    next_line
    until [[ -z $line ]]; do next_line; done
    missing=$((missing - 1))
  done
}

# begin_curl ARG...: in the background; notes the command.
begin_curl() {
  local facts='%{stderr}[status %{http_code}, new connections: %{num_connects}, from port %{local_port}]\n' arg
  client+='$ curl'
  for arg; do
    if [[ $arg == *' '* ]]; then arg="'$arg'"; fi
    client+=" $arg"
  done
  curl --silent --verbose --no-buffer --max-time "$patience" --write-out "$facts" "$@" >"$folder/curl" 2>&1 &
  curl=$!
}

# finish_curl: waits for it; notes what curl says about connections and answers. Sets $exit_code.
finish_curl() {
  exit_code=0
  wait "$curl" || exit_code=$?
  curl=''
  # Left out: request fields, which the command shows, progress, and curl's notes about itself.
  client+=$'\n'$(sed -E -e 's/\r$//; s/^< $//; /^> ?$/d; /^> /{/ HTTP\//!d}; /^[{}] \[/d' \
    -e '/^\* ( |Found|Can not|Hostname|HTTP|Host |Request|Established)/d' "$folder/curl")
  client+=$'\n'"[exit code $exit_code]"$'\n\n'
}

run_curl() { begin_curl "$@" && finish_curl; }

# show_ss STATE: the command and the sockets of this port in that state (`all`: in any).
show_ss() {
  echo "\$ ss -tan state $1 '( sport = :$port or dport = :$port )'"
  ss -tan state "$1" "( sport = :$port or dport = :$port )" | sed 's/ *$//'
}

# Each socket in TIME_WAIT as `HOLDER -> PEER`: as ss shows it, and as the server's verdicts say.
ss_time_wait() {
  ss -tanH state time-wait "( sport = :$port or dport = :$port )" | awk '{ print $3 " -> " $4 }' | sort
}
log_time_wait() { sed -nE 's/^ +TIME_WAIT  [a-z]+: ([^ ]+ -> [^ ,]+).*/\1/p' <<<"$log" | sort; }

# object TEXT: the accounts do not agree, or not on what the example is to show.
object() { objections+="  $*"$'\n'; }

# expect_curl TEXT..., expect_log TEXT...: this is in what curl saw, or in the server's log.
expect_curl() { for text; do [[ $client == *"$text"* ]] || object "curl did not see: $text"; done; }
expect_log() { for text; do [[ $log == *"$text"* ]] || object "the server did not say: $text"; done; }

# expect_time_wait N SIDE: N sockets are in TIME_WAIT, all on that side, and ss lists those that the server named.
expect_time_wait() {
  local listed said
  listed=$(ss_time_wait)
  said=$(log_time_wait)
  [[ $listed == "$said" ]] || object "ss lists [$listed], the server said [$said]"
  [[ $(grep -cE "^ +TIME_WAIT  $2" <<<"$log") == "$1" ]] || object "the server did not say $1 times: TIME_WAIT $2"
}

block() { printf -- '---- %s\n\n%s\n\n' "$1" "$2"; }

# conclude TEXT: prints the three accounts and, when there is no objection, the text. The last account is what ss
# shows now, or $sockets.
conclude() {
  block 'What curl saw' "${client%$'\n\n'}"
  block 'What the server said' "${log%$'\n\n'}"
  block 'What ss shows' "${sockets:-$(show_ss time-wait)}"
  if [[ -n $objections ]]; then
    printf 'THEY DISAGREE:\n%s' "$objections"
    exit 1
  fi
  echo "They agree: $1"
}
