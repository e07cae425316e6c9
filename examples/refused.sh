#!/usr/bin/env bash
# Refused connects: nothing listens (mode=refuse); then something that listens and accepts nobody (mode=ignore).
#
# Look at: curl's exit code is 7 when an RST answers its SYN, and 28 when nothing does, which takes as long as the client
# likes to wait. The server has seen no connection of either.
. "$(dirname "$0")/lib.sh"

start_server
next_line
admin=$(grep -oE 'http://[0-9.:]+' <<<"$line")
listener() {
  command curl --silent --show-error --fail --max-time "$patience" -X POST -H 'Content-Type: application/json' \
    "$admin/listener?mode=$1" >/dev/null
}

listener refuse
run_curl "$url"
[[ $exit_code == 7 ]] || object "curl's exit code is $exit_code, not 7"

# The queue has room for one: curl's, which waits for an answer in vain. The next is not even connected.
listener 'ignore&backlog=0'
run_curl --max-time 0.5 "$url"
[[ $exit_code == 28 ]] || object "curl's exit code is $exit_code, not 28"
run_curl --connect-timeout 0.5 "$url"
[[ $exit_code == 28 ]] || object "curl's exit code is $exit_code, not 28"

counts=$(command curl --silent --fail --max-time "$patience" "$admin/connections?limit=0")
[[ $counts == *'"accepted":0,'* ]] || object "the server has accepted somebody: $counts"
listener accept
run_curl "$url"
[[ $exit_code == 0 ]] || object "curl's exit code is $exit_code, not 0"
await_ended 2

expect_curl 'status 200'
conclude 'nobody was let in until the server accepted again.'
