#!/usr/bin/env bash
# A bad drain: the server gets rid of its connections, and goes on promising persistence (announce=off).
#
# Look at: no response says "Connection: close", and the server closes each connection as soon as it is idle. curl needs
# a new one for its second request; a client that reuses a connection at that moment loses its request.
. "$(dirname "$0")/lib.sh"

start_server
next_line
admin=$(grep -oE 'http://[0-9.:]+' <<<"$line")
command_admin() { curl --silent --show-error --fail --max-time "$patience" -X POST -H 'Content-Type: application/json' "$admin$1"; }

command_admin '/drain?announce=off' >/dev/null
run_curl --rate 120/m "$url" "$url"
await_ended 2

[[ $client != *'< Connection: close'* ]] || object 'a response announced the end'
[[ $client != *'new connections: 0,'* ]] || object 'curl reused a connection'
expect_log 'the server closed first, by FIN' 'because    the server was told to drain'
# After its last response curl is done, and may close before the server does.
[[ $(ss_time_wait) == "$(log_time_wait)" ]] || object 'ss lists other sockets in TIME_WAIT than the server named'
expect_log 'TIME_WAIT  server'
conclude 'the server closed an idle connection without a word, and holds its TIME_WAIT.'
